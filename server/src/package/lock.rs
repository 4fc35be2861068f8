//! `requirements.lock`: which wheels were chosen, by hash.

use anyhow::{Context as _, bail};

use super::names::{is_name, is_version, is_wheel_file};
use super::wheel::Wheel;

const HEAD: &str =
    "# Written by `tidegate package`, which fetches exactly this. Delete it to choose anew.\n# for sha256:";

/// Which wheels were chosen, by hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    /// Of the requirements for which they were chosen.
    pub(super) digest: String,
    pub(super) pins: Vec<Pin>,
}

/// One wheel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pin {
    /// `name==version`
    requirement: String,
    /// The wheel's SHA-256.
    pub(super) sha256: String,
    /// The wheel's file.
    pub(super) file: String,
}

impl Lock {
    /// Pins `wheels`.
    pub(super) fn of(digest: String, wheels: &[Wheel]) -> Self {
        let pin = |wheel: &Wheel| Pin {
            requirement: format!("{}=={}", wheel.name, wheel.version),
            sha256: wheel.sha256.clone(),
            file: wheel.file.clone(),
        };
        Self { digest, pins: wheels.iter().map(pin).collect() }
    }

    /// Reads a lock that was written by [`text`](Self::text).
    ///
    /// # Errors
    /// If it was written by others, or changed by hand.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let rest = text.strip_prefix(HEAD).context("it was not written by `tidegate package`")?;
        let (digest, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        let pins = rest.lines().map(|line| Pin::parse(line).with_context(|| format!("this is no pin: {line}")));
        Ok(Self { digest: digest.to_owned(), pins: pins.collect::<anyhow::Result<_>>()? })
    }

    /// What pip reads, and people.
    pub(super) fn text(&self) -> String {
        let lines: String = self.pins.iter().map(Pin::text).collect();
        format!("{HEAD}{}\n{lines}", self.digest)
    }

    /// Checks that exactly the pinned wheels were fetched.
    ///
    /// # Errors
    /// Names the first that differs.
    pub(super) fn check(&self, wheels: &[Wheel]) -> anyhow::Result<()> {
        for pin in &self.pins {
            let Some(wheel) = wheels.iter().find(|wheel| wheel.file == pin.file) else {
                bail!("pip did not fetch what requirements.lock pins. wheel=`{}`", pin.file);
            };
            if wheel.sha256 != pin.sha256 {
                let (fetched, pinned) = (&wheel.sha256, &pin.sha256);
                bail!(
                    "is another file than requirements.lock pins; if that is as it should be, delete the lock and run \
                     again. wheel=`{}` sha256=`{fetched}` pinned=`{pinned}`",
                    pin.file
                );
            }
        }
        Ok(())
    }
}

impl Pin {
    fn parse(line: &str) -> Option<Self> {
        let (requirement, rest) = line.split_once(" --hash=sha256:")?;
        let (sha256, file) = rest.split_once("  # ")?;
        let (name, version) = requirement.split_once("==")?;
        // Pip reads it, and it may come from anybody.
        let is_hash = sha256.len() == 64 && sha256.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
        if !(is_hash && is_name(name) && is_version(version) && is_wheel_file(file)) {
            return None;
        }
        Some(Self { requirement: requirement.to_owned(), sha256: sha256.to_owned(), file: file.to_owned() })
    }

    /// A line for pip, and the wheel's name for us.
    pub(super) fn text(&self) -> String {
        format!("{} --hash=sha256:{}  # {}\n", self.requirement, self.sha256, self.file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_read_as_it_was_written() {
        let pin = |name: &str| Pin {
            requirement: format!("{name}==1.0"),
            sha256: "00ff".repeat(16),
            file: format!("{name}-1.0-py3-none-any.whl"),
        };
        let lock = Lock { digest: "abc".into(), pins: vec![pin("idna"), pin("units")] };
        assert_eq!(Lock::parse(&lock.text()).unwrap(), lock);
        let hash = "00ff".repeat(16);
        let last = format!("units==1.0 --hash=sha256:{hash}  # units-1.0-py3-none-any.whl\n");
        assert!(lock.text().ends_with(&last));
    }

    #[test]
    fn a_lock_of_others_is_not_taken_for_ours() {
        assert!(Lock::parse("idna==3.10\n").unwrap_err().to_string().contains("not written by `tidegate package`"));
        let changed = format!("{HEAD}abc\nidna==3.10\n");
        assert_eq!(Lock::parse(&changed).unwrap_err().to_string(), "this is no pin: idna==3.10");
        let hash = "00ff".repeat(16);
        let pin = |start: &str, end: &str| Lock::parse(&format!("{HEAD}abc\n{start} --hash=sha256:{hash}{end}\n"));
        assert!(pin("a==1.0", "  # a-1.0-py3-none-any.whl").is_ok());
        for (start, end) in [
            ("evil @ file:///x.tar.gz", "  # evil-1.0-py3-none-any.whl"),
            ("evil @ file:///x==1.tar.gz", "  # evil-1.0-py3-none-any.whl"),
            ("evil==1.0.tar.gz", "  # evil-1.0-py3-none-any.whl"),
            ("-e/path==1.0", "  # evil-1.0-py3-none-any.whl"),
            ("a==1.0", "00  # a-1.0-py3-none-any.whl"),
            ("a==1.0", "  # a-1.0.tar.gz"),
            ("a==1.0", "  # ../a-1.0-py3-none-any.whl"),
            ("a==1.0", " --no-binary=a  # a-1.0-py3-none-any.whl"),
            ("a==1.0", "  # a-1.0-py3-none-any.whl\r-e /path"),
        ] {
            assert!(pin(start, end).unwrap_err().to_string().starts_with("this is no pin: "), "{start}{end}");
        }
    }
}
