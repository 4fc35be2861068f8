//! `requirements.lock`: which wheels were chosen, by hash.

use anyhow::{Context as _, bail};

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
            sha256: "00ff".into(),
            file: format!("{name}-1.0-py3-none-any.whl"),
        };
        let lock = Lock { digest: "abc".into(), pins: vec![pin("idna"), pin("units")] };
        assert_eq!(Lock::parse(&lock.text()).unwrap(), lock);
        assert!(lock.text().ends_with("units==1.0 --hash=sha256:00ff  # units-1.0-py3-none-any.whl\n"));
    }

    #[test]
    fn a_lock_of_others_is_not_taken_for_ours() {
        assert!(Lock::parse("idna==3.10\n").unwrap_err().to_string().contains("not written by `tidegate package`"));
        let changed = format!("{HEAD}abc\nidna==3.10\n");
        assert_eq!(Lock::parse(&changed).unwrap_err().to_string(), "this is no pin: idna==3.10");
    }
}
