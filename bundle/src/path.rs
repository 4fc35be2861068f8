//! Which names files in an archive may have.

use std::collections::BTreeSet;

use crate::Refused;

/// Longer than any that packages have.
const LONGEST: usize = 512;
/// The most parts of a name: each but the last is a folder, and kept.
const MOST_PARTS: usize = 64;
/// The most folders of one archive.
const MAX_FOLDERS: usize = 10_000;

/// The names of an archive's files, each of them checked.
#[derive(Debug, Default)]
pub(crate) struct Names {
    files: BTreeSet<String>,
    folders: BTreeSet<String>,
}

impl Names {
    /// Takes the name that an archive gives to a file.
    ///
    /// # Errors
    /// If it leads elsewhere, cannot be a file's name everywhere, or is that of
    /// another file or folder.
    pub(crate) fn add(&mut self, name: &[u8]) -> Result<String, Refused> {
        let name = checked(name)?;
        let twice = || Refused::new(format!("holds two files of one name. file=`{name}`"));
        if self.folders.contains(name) || !self.files.insert(name.to_owned()) {
            return Err(twice());
        }
        for (end, _) in name.match_indices('/') {
            let folder = name.get(..end).unwrap_or_default();
            if self.files.contains(folder) {
                return Err(twice());
            }
            if self.folders.contains(folder) {
                continue;
            }
            if self.folders.len() >= MAX_FOLDERS {
                return Err(Refused::new(format!("holds more folders than allowed. allowed=`{MAX_FOLDERS}`")));
            }
            self.folders.insert(folder.to_owned());
        }
        Ok(name.to_owned())
    }
}

fn checked(name: &[u8]) -> Result<&str, Refused> {
    let refused = || {
        let shown: String = String::from_utf8_lossy(name).chars().take(LONGEST).collect();
        Refused::new(format!("holds a file with a name that is not allowed. file=`{}`", shown.escape_debug()))
    };
    let name = str::from_utf8(name).map_err(|_| refused())?;
    let good = name.len() <= LONGEST
        && name.split('/').count() <= MOST_PARTS
        && !name.contains(|c: char| c == '\\' || c.is_control())
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    good.then_some(name).ok_or_else(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["", "/a", "a/", "a//b", ".", "..", "../a", "a/../b", "a\\b", "a\0", "a\n", &"a".repeat(513)] {
            let error = Names::default().add(name.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("holds a file with a name that is not allowed."), "{name:?}: {error}");
        }
        assert!(Names::default().add(b"\xff").is_err());
        assert_eq!(Names::default().add("a/b c/größe.py".as_bytes()).unwrap(), "a/b c/größe.py");
    }

    #[test]
    fn a_name_has_only_so_many_parts_and_an_archive_so_many_folders() {
        let deep = |parts: usize| vec!["a"; parts].join("/");
        assert!(Names::default().add(deep(64).as_bytes()).is_ok());
        let error = Names::default().add(deep(65).as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with("holds a file with a name that is not allowed."), "{error}");

        let mut names = Names::default();
        let mut add = |number: usize| names.add(format!("{number}/a").as_bytes());
        assert!((0..10_000).all(|number| add(number).is_ok()));
        assert_eq!(add(10_000).unwrap_err().to_string(), "holds more folders than allowed. allowed=`10000`");
        assert!(add(9_999).unwrap_err().to_string().contains("two files of one name"));
    }

    #[test]
    fn a_name_is_that_of_one_file() {
        for (first, second) in [("a", "a"), ("a", "a/b"), ("a/b", "a"), ("a/b/c", "a/b")] {
            let mut names = Names::default();
            names.add(first.as_bytes()).unwrap();
            let error = names.add(second.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with("holds two files of one name. file=`a"), "{error}");
        }
    }
}
