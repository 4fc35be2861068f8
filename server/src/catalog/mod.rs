//! What outlives the server: which databases, triggers and tokens there are.
//!
//! One file in the data directory, written anew for each change: whoever was
//! told that a change is done finds it after a crash, whole.

mod content;
mod file;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use content::{Content, StoredHolder, StoredTable, StoredTenant, StoredToken};

/// What outlives the server.
#[derive(Debug)]
pub(crate) struct Catalog {
    path: PathBuf,
    content: Mutex<Arc<Content>>,
    /// Held while a change is written, so that one follows the other.
    changing: Arc<tokio::sync::Mutex<()>>,
}

/// A change that could not be kept. Nothing has changed.
#[derive(Debug)]
pub(crate) struct NotKept(std::io::Error);

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the change cannot be kept: {}; make the data directory writable and try again", self.0)
    }
}

impl std::error::Error for NotKept {}

impl Catalog {
    /// Reads the catalog in `data_dir`, or begins one.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or is of a later version.
    pub(crate) fn open(data_dir: &std::path::Path) -> anyhow::Result<Self> {
        let path = data_dir.join("catalog.json");
        let content = match file::read(&path)? {
            Some(content) => content,
            None => {
                let content = Content::new();
                file::write(&path, &content)?;
                content
            }
        };
        Ok(Self { path, content: Mutex::new(Arc::new(content)), changing: Arc::default() })
    }

    /// What it says now.
    pub(crate) fn now(&self) -> Arc<Content> {
        Arc::clone(&self.content.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a change durable, then visible.
    ///
    /// # Errors
    /// [`NotKept`] if it cannot be written.
    pub(crate) async fn change<T>(self: &Arc<Self>, change: impl FnOnce(&mut Content) -> T) -> Result<T, NotKept> {
        let turn = Arc::clone(&self.changing).lock_owned().await;
        let mut content = Content::clone(&self.now());
        let result = change(&mut content);
        let catalog = Arc::clone(self);
        // The turn goes along: whoever waits for this may be gone before it is done,
        // and the next change must not overtake it.
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            file::write(&catalog.path, &content)?;
            *catalog.content.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(content);
            Ok(())
        });
        written.await.unwrap_or_else(|error| Err(std::io::Error::other(error))).map_err(NotKept)?;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::content::StoredDatabase;
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    #[tokio::test]
    async fn what_was_changed_is_found_again() {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(directory.path()).unwrap());
        let change = |content: &mut Content| {
            content.tenant_mut("default").databases.insert("sensors".to_owned(), StoredDatabase::default());
        };
        catalog.change(change).await.unwrap();
        let path = directory.path().join("catalog.json");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let reopened = Catalog::open(directory.path()).unwrap().now();
        assert_eq!(*reopened, *catalog.now());
        assert!(reopened.tenants["default"].databases.contains_key("sensors"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_hangs_up_interrupts_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(directory.path()).unwrap());
        for number in 0..200 {
            let change = catalog.change(|content| content.next_token = number);
            // Given up as soon as it has begun to be written, or before.
            let _ = tokio::time::timeout(std::time::Duration::from_micros(number), change).await;
        }
        catalog.change(|content| content.cluster.push('!')).await.unwrap();
        assert_eq!(*Catalog::open(directory.path()).unwrap().now(), *catalog.now());
    }

    #[tokio::test]
    async fn a_change_that_is_not_written_has_not_happened() {
        let directory = tempfile::tempdir().unwrap();
        let catalog = Arc::new(Catalog::open(directory.path()).unwrap());
        fs::remove_dir_all(directory.path()).unwrap();
        let before = catalog.now();
        assert!(catalog.change(|content| content.tokens.clear()).await.is_err());
        assert!(Arc::ptr_eq(&before, &catalog.now()));
    }

    #[test]
    fn tokens_of_the_first_format_are_an_administrators() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("catalog.json");
        let old = r#"{"format": 1, "cluster": "c", "tokens": {"ci": {"id": 3, "hash": "00"}}, "next_token": 4}"#;
        fs::write(&path, old).unwrap();
        let content = Catalog::open(directory.path()).unwrap().now();
        assert_eq!((content.tokens["ci"].id, &content.tokens["ci"].holder), (3, &None));
        // A server that knows that format only must not read what comes now.
        assert_eq!(content.format, 2);
    }

    #[test]
    fn a_damaged_or_later_catalog_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("catalog.json");
        for (text, says) in [("{", "is damaged"), ("{\"format\": 99}", "written by a later version")] {
            fs::write(&path, text).unwrap();
            let error = format!("{:#}", Catalog::open(directory.path()).unwrap_err());
            assert!(error.contains(says) && error.contains("catalog.json"), "{error}");
        }
    }
}
