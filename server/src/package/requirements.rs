//! `requirements.txt`: what a plugin asks for.

use anyhow::bail;
use sha2::{Digest as _, Sha256};

use super::PYTHON;
use super::names::{are_versions, is_marker, is_name};

/// The options of pip that a file may give. They name places, and let nothing be
/// run.
const WITH_VALUE: [&str; 4] = ["--index-url", "--extra-index-url", "--find-links", "--trusted-host"];
/// Those without a value.
const FLAGS: [&str; 2] = ["--no-index", "--pre"];

/// What a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Requirements {
    /// For pip, such as `--index-url=https://example.org/simple`.
    options: Vec<String>,
    /// PEP 508, sorted.
    wanted: Vec<String>,
}

impl Requirements {
    /// Reads a `requirements.txt` that is called `name`.
    ///
    /// # Errors
    /// Names the line that cannot be packaged.
    pub(super) fn parse(name: &str, text: &str) -> anyhow::Result<Self> {
        let mut requirements = Self::default();
        let mut continued = String::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.replace('\t', " ");
            let line = without_comment(&line);
            continued.push_str(line.trim_end_matches('\\'));
            if line.ends_with('\\') {
                continue;
            }
            let line = std::mem::take(&mut continued);
            if let Err(reason) = requirements.add(line.trim()) {
                bail!(
                    "{reason}. file=`{name}` line=`{}` requirement=`{}`",
                    number.saturating_add(1),
                    line.trim().escape_debug()
                );
            }
        }
        Ok(requirements)
    }

    /// These, and what a manifest lists.
    ///
    /// # Errors
    /// Names what cannot be packaged.
    pub(super) fn and(mut self, listed: &[String]) -> anyhow::Result<Self> {
        for requirement in listed {
            // Options are for `requirements.txt`.
            let added = if requirement.starts_with('-') { Err(NO_REQUIREMENT) } else { self.add(requirement) };
            if let Err(reason) = added {
                bail!("{reason}. file=`manifest.toml` requirement=`{}`", requirement.escape_debug());
            }
        }
        self.wanted.sort();
        self.wanted.dedup();
        Ok(self)
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        if line.chars().any(char::is_control) {
            return Err("there is a control character in it; take it out");
        }
        if line.starts_with('-') {
            return options(line).map(|options| self.options.extend(options));
        }
        if !line.is_empty() {
            self.wanted.push(requirement(line)?);
        }
        Ok(())
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What pip is told besides, each with its value.
    pub(super) fn options(&self) -> &[String] {
        &self.options
    }

    /// What pip reads: nothing but requirements, as they were understood.
    pub(super) fn text(&self) -> String {
        self.wanted.iter().map(|line| format!("{line}\n")).collect()
    }

    /// The same for requirements that ask for the same.
    pub(super) fn digest(&self) -> String {
        format!("{:x}", Sha256::digest(format!("{PYTHON}\n{}", self.wanted.join("\n"))))
    }
}

const NO_REQUIREMENT: &str = "this is no requirement; write a package's name, extras, versions and marker, such as \
     `units[si]>=2,<3; python_version >= '3.14'`, and say where it is with --find-links";

/// A requirement as it is handed to pip, made from its parts.
fn requirement(line: &str) -> Result<String, &'static str> {
    let is_place = ["git+", "hg+", "svn+", "bzr+", "http:", "https:", "file:", "/", "."];
    if line.contains('@') || is_place.iter().any(|sign| line.starts_with(sign)) {
        return Err("packages are taken by name; write name and version, and say where with --find-links");
    }
    let (wanted, marker) = line.split_once(';').map_or((line, None), |(wanted, marker)| (wanted, Some(marker)));
    let end = wanted.find(|c: char| " [(<>=!~".contains(c)).unwrap_or(wanted.len());
    let (name, rest) = wanted.split_at_checked(end).unwrap_or((wanted, ""));
    let (extras, versions) = match rest.trim().strip_prefix('[') {
        Some(rest) => rest.split_once(']').ok_or(NO_REQUIREMENT)?,
        None => ("", rest),
    };
    let versions = versions.trim();
    let bare = versions.strip_prefix('(').and_then(|versions| versions.strip_suffix(')')).unwrap_or(versions);
    let extras: Vec<_> = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).collect();
    if !is_name(name) || !extras.iter().all(|extra| is_name(extra)) || !are_versions(bare.trim()) {
        return Err(NO_REQUIREMENT);
    }
    let extras = if extras.is_empty() { String::new() } else { format!("[{}]", extras.join(",")) };
    let wanted = format!("{name}{extras}{}", bare.replace(' ', ""));
    match marker {
        Some(marker) if is_marker(marker) => Ok(format!("{wanted}; {}", marker.trim())),
        Some(_) => Err(NO_REQUIREMENT),
        None => Ok(wanted),
    }
}

/// The options of a line, each as one argument.
fn options(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = line.split_whitespace();
    let mut options = Vec::new();
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if FLAGS.contains(&name) && value.is_none() {
            options.push(name.to_owned());
        } else if WITH_VALUE.contains(&name) {
            let value = value.or_else(|| words.next()).unwrap_or_default();
            if value.is_empty() || value.starts_with('-') || value.contains(['\'', '"', '$']) {
                return Err("the option's value cannot be used; write it without quotes, spaces and variables");
            }
            options.push(format!("{name}={value}"));
        } else {
            return Err(refusal(name));
        }
    }
    Ok(options)
}

fn refusal(option: &str) -> &'static str {
    match option.trim_start_matches('-').chars().next() {
        Some('r' | 'c') => "other files are not read; write what they say into this one",
        Some('e') => "only wheels can be packaged; build one and say where with --find-links",
        Some(_) | None => {
            "this option cannot be given here; --index-url, --extra-index-url, --find-links, --no-index, --pre and \
             --trusted-host can, in full"
        }
    }
}

fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| {
        line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    let end = line.match_indices('#').find(starts).map_or(line.len(), |(at, _)| at);
    line.get(..end).unwrap_or_default().trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Requirements {
        Requirements::parse("requirements.txt", text).unwrap().and(&[]).unwrap()
    }

    #[test]
    fn comments_continuations_and_options_are_understood() {
        let read = parse("# all\n--index-url https://example.org/simple\nrequests>=2 # why\n\nidna \\\n  >=3\n");
        assert_eq!(read.text(), "idna>=3\nrequests>=2\n");
        assert_eq!(read.options(), ["--index-url=https://example.org/simple"]);
        assert!(parse("# nothing\n").is_empty());
    }

    #[test]
    fn what_asks_for_the_same_has_the_same_digest() {
        assert_eq!(parse("a\nb>1\n").digest(), parse("# other\nb>1\na\na").digest());
        assert_eq!(parse("a\nb").digest(), parse("a").and(&["b".into()]).unwrap().digest());
        assert_ne!(parse("a").digest(), parse("a>1").digest());
    }

    #[test]
    fn what_cannot_be_packaged_is_named_with_its_line() {
        for (line, says) in [
            ("-r other.txt", "other files are not read"),
            ("--editable=.", "only wheels can be packaged"),
            ("units @ https://example.org/units.whl", "packages are taken by name"),
            ("./units", "packages are taken by name"),
            ("-e/path", "only wheels can be packaged"),
            ("--edit=/path", "only wheels can be packaged"),
            ("-rother.txt", "other files are not read"),
            ("-cother.txt", "other files are not read"),
            ("--pre --req=other.txt", "other files are not read"),
            ("--no-binary=evil", "this option cannot be given here"),
            ("--find=wheels", "this option cannot be given here"),
            ("--pre=yes", "this option cannot be given here"),
            ("--index-url https://a.example/${SECRET}", "the option's value cannot be used"),
            ("--index-url --no-binary=evil", "the option's value cannot be used"),
            ("--find-links", "the option's value cannot be used"),
            ("idna -e /path", "this is no requirement"),
            ("idna --config-settings=a=b", "this is no requirement"),
            ("idna==3.10 --hash=sha256:00", "this is no requirement"),
            ("evil.tar.gz", "this is no requirement"),
            ("evil.tar.gz[a]", "this is no requirement"),
            ("evil==1.0.tar.gz", "this is no requirement"),
            ("idna; os_name == 'a' -e /path", "this is no requirement"),
            ("idna;", "this is no requirement"),
            ("idna[a", "this is no requirement"),
        ] {
            let error = Requirements::parse("requirements.txt", &format!("idna\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(
                error.ends_with(&format!("file=`requirements.txt` line=`2` requirement=`{}`", line.escape_debug())),
                "{error}"
            );
        }
    }

    #[test]
    fn a_requirement_is_written_anew_from_its_parts() {
        let line = "Units [si , us] ( >= 2, <3 ) ;  python_version >= '3.14'\nidna==3.*\n";
        assert_eq!(parse(line).text(), "Units[si,us]>=2,<3; python_version >= '3.14'\nidna==3.*\n");
        let options = "--no-index --find-links wheels\n--pre\n--trusted-host\texample.org\n";
        assert_eq!(
            parse(options).options(),
            ["--no-index", "--find-links=wheels", "--pre", "--trusted-host=example.org"]
        );
    }

    #[test]
    fn no_control_character_and_no_option_gets_through() {
        for listed in ["idna\n-e /path", "idna\r-e /path", "idna\t-e\t/path", "-e/path", " --no-binary=evil", "--pre"] {
            let refused = Requirements::default().and(&[listed.to_owned()]);
            let error = refused.unwrap_err().to_string();
            assert!(
                error.ends_with(&format!("file=`manifest.toml` requirement=`{}`", listed.escape_debug())),
                "{error}"
            );
        }
        for line in ["-e\t/path", "\t-e/path", "idna\u{b}-e /path", "idna\r-e /path", "-e\\\n /path"] {
            assert!(Requirements::parse("requirements.txt", line).is_err(), "{line:?}");
        }
    }
}
