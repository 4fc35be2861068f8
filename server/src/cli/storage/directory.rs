//! The data directory, which one server has to itself.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

/// The data directory of a server, locked for as long as it is held.
#[derive(Debug)]
pub(in crate::cli) struct DataDirectory {
    path: PathBuf,
    _lock: File,
    /// Goes with the server if nothing is to be found again.
    _temporary: Option<TempDir>,
}

impl DataDirectory {
    /// Opens the directory at `path`; one that goes with the server if there is
    /// none, and nothing is to be found again.
    ///
    /// # Errors
    /// If it cannot be used, or another server uses it.
    pub(in crate::cli) fn open(path: Option<PathBuf>, in_memory: bool) -> anyhow::Result<Self> {
        let temporary = (path.is_none() && in_memory).then(tempfile::tempdir).transpose()?;
        let path = path.or_else(|| Some(temporary.as_ref()?.path().to_owned()));
        let path = path.context("name a folder for what the server keeps with --data-dir")?;
        let shown = path.display();
        let unusable = || format!("cannot use the data directory; name another with --data-dir. path=`{shown}`");
        fs::create_dir_all(&path).with_context(unusable)?;
        let lock = File::create(path.join("lock")).with_context(unusable)?;
        // It goes with the process, however that ends.
        if lock.try_lock().is_err() {
            bail!("another server uses the data directory; stop it, or name another with --data-dir. path=`{shown}`");
        }
        Ok(Self { path, _lock: lock, _temporary: temporary })
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_at_a_time_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = || Some(directory.path().to_owned());
        let first = DataDirectory::open(path(), false).unwrap();
        assert!(DataDirectory::open(path(), false).unwrap_err().to_string().starts_with("another server uses"));
        drop(first);
        assert!(DataDirectory::open(path(), false).is_ok());
    }

    #[test]
    fn without_a_path_it_goes_with_the_server() {
        assert!(DataDirectory::open(None, false).unwrap_err().to_string().contains("--data-dir"));
        let directory = DataDirectory::open(None, true).unwrap();
        let path = directory.path().to_owned();
        assert!(path.is_dir());
        drop(directory);
        assert!(!path.exists());
    }
}
