//! Wheels: what is in them, and what of that can be used.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use tidegate_bundle::{File, archive};

use super::names::{is_name, is_version};

/// Machine code, as compilers and linkers leave it.
const NATIVE: [&str; 7] = [".so", ".pyd", ".dylib", ".dll", ".a", ".lib", ".exe"];
/// Of no use without an installer, or outdated by what is left out.
const INSTALLERS_OWN: [&str; 4] = ["RECORD", "INSTALLER", "REQUESTED", "direct_url.json"];

/// A wheel, unpacked as an installer would, without its native files.
#[derive(Debug, Clone)]
pub(super) struct Wheel {
    pub(super) name: String,
    pub(super) version: String,
    /// The wheel's own file name.
    pub(super) file: String,
    pub(super) sha256: String,
    pub(super) files: Vec<File>,
    /// The names of its native files.
    pub(super) native: Vec<String>,
}

impl Wheel {
    /// Reads the wheel at `path`.
    ///
    /// # Errors
    /// If it is no wheel; it may come from anywhere.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self::unpack(&file, &fs::read(path)?).with_context(|| format!("the wheel cannot be used. wheel=`{file}`"))
    }

    fn unpack(file: &str, bytes: &[u8]) -> anyhow::Result<Self> {
        let stem = file.strip_suffix(".whl").context("its name does not end in .whl")?;
        let mut parts = stem.split('-');
        let (Some(name), Some(version)) = (parts.next(), parts.next()) else {
            anyhow::bail!("its name has no version");
        };
        let (mut files, mut native) = (Vec::new(), Vec::new());
        let keep = |name: &str| {
            let used = installed(name);
            if let Some(name) = used.filter(|name| is_native(name)) {
                native.push(name.to_owned());
                return false;
            }
            used.is_some()
        };
        for (name, content) in archive::read(bytes, keep)? {
            files.extend(installed(&name).map(|name| (name.to_owned(), content)));
        }
        native.sort();
        let metadata = files.iter().find(|(name, _)| name.ends_with(".dist-info/METADATA"));
        let metadata = metadata.map(|(_, content)| String::from_utf8_lossy(content)).context("it has no METADATA")?;
        let own_name = field(&metadata, "Name").unwrap_or(name).to_owned();
        // They go to pip again.
        if !is_name(&own_name) || !is_version(version) {
            anyhow::bail!(
                "its name or version is none. name=`{}` version=`{}`",
                own_name.escape_debug(),
                version.escape_debug()
            );
        }
        let sha256 = format!("{:x}", Sha256::digest(bytes));
        Ok(Self { name: own_name, version: version.to_owned(), file: file.to_owned(), sha256, files, native })
    }

    /// Whether its name says that it runs everywhere.
    pub(super) fn is_pure(file: &str) -> bool {
        file.ends_with("-none-any.whl")
    }

    /// Its modules, dotted, without those for tests and for the command line.
    pub(super) fn modules(&self) -> BTreeSet<String> {
        let module = |name: &str| {
            let path = name.strip_suffix(".py")?;
            let path = path.strip_suffix("/__init__").unwrap_or(path);
            let importable = |part: &str| {
                !part.is_empty()
                    && !part.starts_with(|c: char| c.is_ascii_digit())
                    && part.chars().all(|c| c == '_' || c.is_alphanumeric())
                    && !matches!(part, "test" | "tests" | "testing" | "conftest" | "__main__" | "setup")
            };
            path.split('/').all(importable).then(|| path.replace('/', "."))
        };
        self.files.iter().filter_map(|(name, _)| module(name)).collect()
    }

    /// Its modules that are native and lie beside all packages. What mypyc adds
    /// beside them has Python files in their place.
    pub(super) fn native_modules(&self) -> impl Iterator<Item = String> {
        let top = self.native.iter().filter(|name| !name.contains('/')).filter_map(|name| name.split('.').next());
        top.filter(|module| !module.ends_with("__mypyc")).map(str::to_owned)
    }

    /// How many bytes of it are packed.
    pub(super) fn bytes(&self) -> usize {
        self.files.iter().map(|(_, content)| content.len()).sum()
    }
}

/// Where a file of a wheel would be installed, if it is of use in the sandbox.
fn installed(name: &str) -> Option<&str> {
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let last = name.rsplit('/').next().unwrap_or(name);
    if first.ends_with(".data") {
        // Programs, headers and data elsewhere than beside the modules.
        return rest.strip_prefix("purelib/").or_else(|| rest.strip_prefix("platlib/"));
    }
    if first.ends_with(".dist-info") && INSTALLERS_OWN.contains(&last) {
        return None;
    }
    // Some packages install their tests beside themselves, by mistake.
    let stray = matches!(first, "test" | "tests") || (rest.is_empty() && ends_with(name, ".pth"));
    let compiled = ends_with(name, ".pyc") || name.split('/').any(|part| part == "__pycache__");
    (!stray && !compiled).then_some(name)
}

fn is_native(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or(name);
    NATIVE.iter().any(|ending| ends_with(last, ending)) || last.contains(".so.")
}

fn ends_with(name: &str, ending: &str) -> bool {
    name.to_ascii_lowercase().ends_with(ending)
}

fn field<'a>(metadata: &'a str, name: &str) -> Option<&'a str> {
    let head = metadata.lines().take_while(|line| !line.is_empty());
    head.filter_map(|line| line.split_once(": ")).find(|(field, _)| *field == name).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(names: &[&str]) -> Wheel {
        let mut files: Vec<File> = names.iter().map(|name| ((*name).to_owned(), b"x".to_vec())).collect();
        files.push((
            "units-1.0.dist-info/METADATA".into(),
            b"Metadata-Version: 2.1\nName: Units\n\nName: no\n".to_vec(),
        ));
        Wheel::unpack("units-1.0-py3-none-any.whl", &archive::write(files).unwrap()).unwrap()
    }

    #[test]
    fn a_wheel_is_unpacked_as_an_installer_would() {
        let wheel = wheel(&[
            "units/__init__.py",
            "units/__pycache__/__init__.cpython-314.pyc",
            "units/data.json",
            "units-1.0.data/purelib/more.py",
            "units-1.0.data/scripts/units",
            "units-1.0.dist-info/RECORD",
            "tests/test_units.py",
            "units.pth",
        ]);
        let names: Vec<_> = wheel.files.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["more.py", "units-1.0.dist-info/METADATA", "units/__init__.py", "units/data.json"]);
        assert_eq!((&*wheel.name, &*wheel.version), ("Units", "1.0"));
        assert_eq!(wheel.native, [""; 0]);
    }

    #[test]
    fn native_files_are_left_out_and_named() {
        let wheel =
            wheel(&["units/_fast.cpython-314-x86_64-linux-gnu.so", "units/__init__.py", "units.libs/libm.so.6"]);
        assert_eq!(wheel.native, ["units.libs/libm.so.6", "units/_fast.cpython-314-x86_64-linux-gnu.so"]);
        assert_eq!(wheel.modules().into_iter().collect::<Vec<_>>(), ["units"]);
    }

    #[test]
    fn a_native_module_of_its_own_is_told_from_what_speeds_others_up() {
        let wheel = wheel(&["_backend.cpython-314.so", "0f__mypyc.cpython-314.so", "units/_fast.cpython-314.so"]);
        assert_eq!(wheel.native_modules().collect::<Vec<_>>(), ["_backend"]);
    }

    #[test]
    fn modules_are_what_can_be_imported() {
        let wheel = wheel(&["a/__init__.py", "a/b/c.py", "a/tests/d.py", "a/__main__.py", "a/not-one.py", "e.py"]);
        assert_eq!(wheel.modules().into_iter().collect::<Vec<_>>(), ["a", "a.b.c", "e"]);
    }

    #[test]
    fn what_is_no_wheel_is_refused() {
        for name in ["units.tar.gz", "units.whl"] {
            assert!(Wheel::unpack(name, &archive::write(Vec::new()).unwrap()).is_err());
        }
        assert!(Wheel::unpack("units-1.0-py3-none-any.whl", b"PK").is_err());
        let metadata = b"Name: evil @ file:///x.tar.gz\n".to_vec();
        let named = archive::write(vec![("units-1.0.dist-info/METADATA".into(), metadata)]).unwrap();
        let error = Wheel::unpack("units-1.0-py3-none-any.whl", &named).unwrap_err().to_string();
        assert_eq!(error, "its name or version is none. name=`evil @ file:///x.tar.gz` version=`1.0`");
    }
}
