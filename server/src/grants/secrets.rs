//! The file with the secrets that triggers can be granted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context as _, bail};
use tidegate::{Secret, VariableName};

/// Secrets by name.
#[derive(Debug, Default)]
pub(crate) struct Secrets(BTreeMap<VariableName, Secret>);

/// What others may do with a file.
const OTHERS: u32 = 0o077;

impl Secrets {
    /// Reads `NAME=VALUE` lines; lines that are empty or begin with `#` are
    /// left out.
    ///
    /// # Errors
    /// If the file cannot be read, others can read it, or a line is wrong.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        let mut file = File::open(path).with_context(|| format!("the secrets cannot be read. path=`{shown}`"))?;
        // Of the file that is open, so that nobody puts another in its place.
        let mode = file.metadata().with_context(|| format!("the secrets cannot be looked at. path=`{shown}`"))?;
        if mode.permissions().mode() & OTHERS != 0 {
            bail!("others can read the secrets; run `chmod 600 '{shown}'`. path=`{shown}`");
        }
        let mut text = String::new();
        file.read_to_string(&mut text).with_context(|| format!("the secrets cannot be read. path=`{shown}`"))?;
        Self::parse(&text).map_err(|why| anyhow::anyhow!("the secrets are wrong: {why}. path=`{shown}`"))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut secrets = BTreeMap::new();
        for (number, line) in (1_usize..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            // Nothing of the line is shown: it may be the value.
            let (name, value) = line.split_once('=').ok_or_else(|| format!("expected NAME=VALUE. line=`{number}`"))?;
            let name = VariableName::new(name.trim()).map_err(|_| format!("the name is none. line=`{number}`"))?;
            let value = value.trim();
            if value.contains('\0') {
                return Err(format!("the value has a zero byte. line=`{number}`"));
            }
            if secrets.insert(name, Secret::new(value)).is_some() {
                return Err(format!("the name stands there twice. line=`{number}`"));
            }
        }
        Ok(Self(secrets))
    }

    /// The secret of that name.
    ///
    /// # Errors
    /// What is missing.
    pub(super) fn get(&self, name: &str) -> Result<Secret, String> {
        let found = self.0.iter().find(|(known, _)| known.as_str() == name);
        found.map(|(_, secret)| secret.clone()).ok_or_else(|| {
            format!(
                "the server has no such secret; add a line {name}=... to the file of `tidegate serve --secrets-file`, \
                 and restart it. name=`{name}`"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn names_and_values_are_read_line_by_line() {
        let secrets = Secrets::parse("# keys\n\nPAGER_KEY=a=b c\r\n OTHER = x \n").unwrap();
        assert_eq!(secrets.get("PAGER_KEY").unwrap().expose(), "a=b c");
        assert_eq!(secrets.get("OTHER").unwrap().expose(), "x");
        assert!(!format!("{secrets:?}").contains("a=b c"));
    }

    #[test]
    fn a_line_that_is_wrong_is_told_by_its_number_alone() {
        for text in ["A=1\nhunter2", "A=1\n1hunter2=x", "A=1\nA=hunter2"] {
            let error = Secrets::parse(text).unwrap_err();
            assert!(error.contains("line=`2`") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_command_to_run() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "A=1").unwrap();
        let mode = |mode| file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).unwrap();
        mode(0o640);
        let error = Secrets::read(file.path()).unwrap_err().to_string();
        assert!(error.contains(&format!("chmod 600 '{}'", file.path().display())), "{error}");
        mode(0o600);
        assert_eq!(Secrets::read(file.path()).unwrap().get("A").unwrap().expose(), "1");
    }
}
