//! Which names, versions and markers are taken from others and handed to pip.

/// What pip takes a requirement for a file by, if there is one of its name.
const ARCHIVES: [&str; 12] = ["zip", "whl", "tar", "gz", "tgz", "bz2", "tbz", "xz", "txz", "lz", "tlz", "lzma"];

/// Whether it is a package's name, and can be nothing else.
pub(super) fn is_name(name: &str) -> bool {
    let edge = |c: char| c.is_ascii_alphanumeric();
    name.starts_with(edge)
        && name.ends_with(edge)
        && name.chars().all(|c| edge(c) || matches!(c, '.' | '_' | '-'))
        && !is_archive(name)
}

/// Whether it is a version, and can be nothing else.
pub(super) fn is_version(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_alphanumeric())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!' | '*'))
        && !is_archive(version)
}

/// Whether it is the file name of a wheel.
pub(super) fn is_wheel_file(file: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '!');
    file.strip_suffix(".whl")
        .is_some_and(|stem| stem.starts_with(|c: char| c.is_ascii_alphanumeric()) && stem.chars().all(good))
}

/// Whether it is a marker, without what would be an option if pip split it up.
pub(super) fn is_marker(marker: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || " ._-+*!<>=~'\"(),".contains(c);
    !marker.trim().is_empty() && marker.chars().all(good) && !marker.split(' ').any(|word| word.starts_with('-'))
}

/// Whether it is version specifiers, such as `>=2,<3`, or none.
pub(super) fn are_versions(specifiers: &str) -> bool {
    specifiers.is_empty() || specifiers.split(',').all(is_specifier)
}

fn is_specifier(specifier: &str) -> bool {
    let operator = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"].into_iter();
    let mut versions = operator.filter_map(|operator| specifier.trim().strip_prefix(operator));
    versions.next().is_some_and(|version| is_version(version.trim()))
}

fn is_archive(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| ARCHIVES.contains(&ending.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_or_version_is_never_an_option_a_place_or_an_archive() {
        for good in ["idna", "typing_extensions", "zope.interface", "3to2"] {
            assert!(is_name(good), "{good}");
        }
        for bad in ["", "-e", "a b", "a@b", "./a", "a/b", "a\n", "a\u{e9}", "evil.tar.gz", "evil.ZIP", "evil-1.0.whl"] {
            assert!(!is_name(bad), "{bad:?}");
        }
        assert!(is_version("1!2.0rc1+local.1") && is_version("2.*"));
        for bad in ["", "-1", "1 2", "1/2", "1.0.tar.gz", "1 @ file:///x"] {
            assert!(!is_version(bad), "{bad:?}");
        }
    }

    #[test]
    fn specifiers_and_markers_are_what_packages_use() {
        assert!(are_versions("") && are_versions(">=2, <3,!=2.5.*") && are_versions("~=1.1") && are_versions("===1.0"));
        assert!(!are_versions("2") && !are_versions(">=2,") && !are_versions("==1.0.tgz") && !are_versions(">=1 -e x"));
        assert!(is_marker(" python_version >= '3.14' and (sys_platform != \"win32\" or extra == 'a-b')"));
        assert!(!is_marker("") && !is_marker("os_name == 'a' -e x") && !is_marker("os_name == '$A'"));
    }
}
