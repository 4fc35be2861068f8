//! Whether a plugin's files have changed.

use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

/// When a plugin's files were last changed, and how long they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Option<SystemTime>, u64)>);

/// No plugin that the runtime takes has more files.
const MAX_FILES: usize = 256;

impl Stamp {
    /// Looks at the file or folder at `path`. Blocks.
    ///
    /// # Errors
    /// If it is not there.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let mut stamp = Self(Vec::new());
        stamp.look_at(path.to_owned())?;
        stamp.0.sort();
        Ok(stamp)
    }

    fn look_at(&mut self, path: PathBuf) -> io::Result<()> {
        if self.0.len() >= MAX_FILES {
            return Ok(());
        }
        // Within a folder the runtime does not follow links either.
        let first = self.0.is_empty();
        let metadata = if first { fs::metadata(&path)? } else { fs::symlink_metadata(&path)? };
        self.0.push((path.clone(), metadata.modified().ok(), metadata.len()));
        if metadata.is_dir() && path.file_name().is_none_or(|name| name != "__pycache__") {
            for entry in fs::read_dir(&path)? {
                self.look_at(entry?.path())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_anywhere_in_a_package_is_seen() {
        let package = tempfile::tempdir().unwrap();
        let nested = package.path().join("nested");
        fs::create_dir(&nested).unwrap();
        fs::write(nested.join("rules.py"), "one").unwrap();
        let before = Stamp::of(package.path()).unwrap();
        assert_eq!(Stamp::of(package.path()).unwrap(), before);

        fs::write(nested.join("rules.py"), "three").unwrap();

        assert_ne!(Stamp::of(package.path()).unwrap(), before);
        assert!(Stamp::of(&nested.join("gone.py")).is_err());
    }
}
