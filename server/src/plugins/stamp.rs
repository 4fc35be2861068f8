//! Whether a plugin's files have changed.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tidegate::PluginSource;

/// When a plugin's files were last changed, and how long they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp(Vec<(PathBuf, Option<SystemTime>, u64)>);

/// What is code by its name.
const CODE: [&str; 3] = ["py", "wasm", "tidegate"];

impl Stamp {
    /// Looks at all files of the plugin at `path`. Blocks.
    ///
    /// None if there is no plugin there, or a file has just gone.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let paths = PluginSource::from(path).paths().ok()?;
        let look = |path: PathBuf| {
            let metadata = fs::metadata(&path).ok()?;
            Some((path, metadata.modified().ok(), metadata.len()))
        };
        paths.into_iter().map(look).collect::<Option<_>>().map(Self)
    }
}

impl Stamp {
    /// Whether two versions differ in data only.
    pub(super) fn is_same_code(one: Option<&Self>, other: Option<&Self>) -> bool {
        let code = |stamp: &Self| stamp.0.iter().filter(|(path, ..)| is_code(path)).cloned().collect::<Vec<_>>();
        one.is_some() && one.map(code) == other.map(code)
    }
}

/// Whether a file is code by its name.
pub(super) fn is_code(path: &Path) -> bool {
    path.extension().is_some_and(|extension| CODE.iter().any(|code| extension == *code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_anywhere_in_a_folder_is_seen() {
        let package = tempfile::tempdir().unwrap();
        fs::write(package.path().join("__init__.py"), "").unwrap();
        let nested = package.path().join("nested");
        fs::create_dir(&nested).unwrap();
        fs::write(nested.join("rules.csv"), "one").unwrap();
        let before = Stamp::of(package.path()).unwrap();
        assert_eq!(Stamp::of(package.path()).unwrap(), before);

        fs::write(nested.join("rules.csv"), "three").unwrap();

        assert_ne!(Stamp::of(package.path()).unwrap(), before);
        assert!(Stamp::of(&nested.join("gone.py")).is_none());
    }

    #[test]
    fn a_single_file_changes_with_the_data_beside_it_and_not_with_other_code() {
        let directory = tempfile::tempdir().unwrap();
        let plugin = directory.path().join("hello.py");
        fs::write(&plugin, "").unwrap();
        let alone = Stamp::of(&plugin).unwrap();
        fs::write(directory.path().join("other.py"), "").unwrap();
        assert_eq!(Stamp::of(&plugin).unwrap(), alone);

        fs::write(directory.path().join("hello.toml"), "").unwrap();

        assert_ne!(Stamp::of(&plugin).unwrap(), alone);
    }
}
