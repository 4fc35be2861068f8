//! `requirements.txt`: what a plugin asks for.

use anyhow::bail;
use sha2::{Digest as _, Sha256};

use super::PYTHON;

/// What a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Requirements {
    /// For pip, such as `--index-url`.
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
            let line = without_comment(line);
            continued.push_str(line.trim_end_matches('\\'));
            if line.ends_with('\\') {
                continue;
            }
            let line = std::mem::take(&mut continued);
            if let Err(reason) = requirements.add(line.trim()) {
                bail!("{reason}. file=`{name}` line=`{}` requirement=`{}`", number.saturating_add(1), line.trim());
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
            if let Err(reason) = self.add(requirement.trim()) {
                bail!("{reason}. file=`manifest.toml` requirement=`{requirement}`");
            }
        }
        self.wanted.sort();
        self.wanted.dedup();
        Ok(self)
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let option = line.split([' ', '=']).next().unwrap_or_default();
        let is_place = ["git+", "hg+", "svn+", "bzr+", "http:", "https:", "file:", "/", "."]
            .iter()
            .any(|sign| line.starts_with(sign));
        match option {
            "" => {}
            "-r" | "--requirement" | "-c" | "--constraint" => {
                return Err("other files are not read; write what they say into this one");
            }
            "-e" | "--editable" => {
                return Err("only wheels can be packaged; build one and say where with --find-links");
            }
            option if option.starts_with('-') => self.options.push(line.to_owned()),
            _ if is_place || line.contains('@') => {
                return Err("packages are taken by name; write name and version, and say where with --find-links");
            }
            _ => self.wanted.push(line.to_owned()),
        }
        Ok(())
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// What pip is told besides what is to be fetched.
    pub(super) fn options(&self) -> String {
        self.options.iter().map(|option| format!("{option}\n")).collect()
    }

    /// What pip reads.
    pub(super) fn text(&self) -> String {
        let wanted: String = self.wanted.iter().map(|line| format!("{line}\n")).collect();
        self.options() + &wanted
    }

    /// The same for requirements that ask for the same.
    pub(super) fn digest(&self) -> String {
        format!("{:x}", Sha256::digest(format!("{PYTHON}\n{}", self.wanted.join("\n"))))
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
        assert_eq!(read.text(), "--index-url https://example.org/simple\nidna   >=3\nrequests>=2\n");
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
        ] {
            let error = Requirements::parse("requirements.txt", &format!("idna\n{line}\n")).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            assert!(error.ends_with(&format!("file=`requirements.txt` line=`2` requirement=`{line}`")), "{error}");
        }
    }
}
