//! A plugin's files, in memory.

use crate::error::{Error, ErrorKind};

/// Paths, with `/` between their parts, and what the files say.
type Contents = Vec<(String, Vec<u8>)>;

/// A plugin's files, and those of the packages that it brings along. A plugin
/// sees nothing else, and cannot change them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginFiles {
    /// Its own, which it sees under `/plugin`: `hello.py`, or
    /// `downsample/__init__.py` and all that lies beside.
    pub own: Contents,
    /// Its dependencies, as they would lie in `site-packages`. It sees them
    /// under `/packages`: `pint/__init__.py`.
    pub packages: Contents,
}

/// The most that a plugin's own files may be together.
pub(super) const MAX_OWN_BYTES: usize = 4 << 20;
/// The most files of its own that a plugin has.
pub(super) const MAX_OWN_FILES: usize = 256;
/// The most that a plugin's packages may be together.
const MAX_PACKAGE_BYTES: usize = 64 << 20;
/// The most files in a plugin's packages.
const MAX_PACKAGE_FILES: usize = 10_000;

impl From<Contents> for PluginFiles {
    fn from(own: Contents) -> Self {
        Self { own, packages: Vec::new() }
    }
}

impl PluginFiles {
    /// These files, if they are not too many and not too large.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPlugin`] says which, and how many there may be.
    pub(super) fn checked(mut self) -> Result<Self, Error> {
        check("files", &self.own, (MAX_OWN_FILES, MAX_OWN_BYTES))?;
        check("files in its packages", &self.packages, (MAX_PACKAGE_FILES, MAX_PACKAGE_BYTES))?;
        // What another interpreter has compiled is of no use, and would be in
        // the way of what this one compiles.
        self.packages.retain(|(path, _)| !path.split('/').any(|part| part == "__pycache__"));
        Ok(self)
    }

    /// Lets the plugin name its data from the directory in which its folder is
    /// `within`, too: `PLUGIN_DIR` means that directory in InfluxDB 3.
    pub(super) fn name_from(&mut self, within: &str) {
        let (top, taken) = (self.directory(), self.own.clone());
        let top = top.strip_prefix("/plugin/").map(|folder| format!("{folder}/")).unwrap_or_default();
        let within = if within.is_empty() { String::new() } else { format!("{within}/") };
        for (path, content) in &taken {
            let named = format!("{top}{within}{path}");
            if !path.ends_with(".py") && taken.iter().all(|(path, _)| *path != named) {
                self.own.push((named, content.clone()));
            }
        }
    }

    /// Where the plugin lies: in `/plugin`, or in a folder of that if it is a
    /// folder itself.
    pub(crate) fn directory(&self) -> String {
        let folder = |(path, _): &(String, _)| path.split_once('/').map(|(folder, _)| folder.to_owned());
        match self.own.first().and_then(folder) {
            Some(first) if self.own.iter().all(|file| folder(file).as_ref() == Some(&first)) => {
                format!("/plugin/{first}")
            }
            Some(_) | None => "/plugin".to_owned(),
        }
    }
}

fn check(what: &str, files: &Contents, (max_files, max_bytes): (usize, usize)) -> Result<(), Error> {
    let bytes = files.iter().map(|(_, content)| content.len()).fold(0, usize::saturating_add);
    if files.len() <= max_files && bytes <= max_bytes {
        return Ok(());
    }
    let message = format!(
        "the plugin has too many or too large {what}. \
         files=`{}` allowed_files=`{max_files}` bytes=`{bytes}` allowed_bytes=`{max_bytes}`",
        files.len()
    );
    Err(Error::new(ErrorKind::InvalidPlugin, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(paths: &[&str]) -> PluginFiles {
        let files: Contents = paths.iter().map(|path| ((*path).to_owned(), Vec::new())).collect();
        files.into()
    }

    #[test]
    fn a_plugin_that_is_a_folder_lies_in_its_folder() {
        assert_eq!(own(&["a/__init__.py", "a/b/c.toml"]).directory(), "/plugin/a");
        assert_eq!(own(&["a.py"]).directory(), "/plugin");
        assert_eq!(own(&["a/b.toml", "a.py"]).directory(), "/plugin");
        assert_eq!(own(&["a/b.py", "b/c.py"]).directory(), "/plugin");
    }

    #[test]
    fn data_can_be_named_from_the_directory_of_plugins() {
        let named = |paths: &[&str], within| {
            let mut files = own(paths);
            files.name_from(within);
            files.own.into_iter().map(|(path, _)| path).collect::<Vec<_>>()
        };
        assert_eq!(named(&["a.py", "c.toml"], ""), ["a.py", "c.toml"]);
        assert_eq!(named(&["a.py", "c.toml"], "x/y"), ["a.py", "c.toml", "x/y/c.toml"]);
        assert_eq!(named(&["a/__init__.py", "a/c.toml"], ""), ["a/__init__.py", "a/c.toml", "a/a/c.toml"]);
        assert_eq!(named(&["a/__init__.py", "a/c.toml"], "x"), ["a/__init__.py", "a/c.toml", "a/x/a/c.toml"]);
    }

    #[test]
    fn too_many_or_too_large_files_are_counted_in_the_error() {
        let many = PluginFiles::from(vec![("a".to_owned(), Vec::new()); 257]);
        let error = many.checked().unwrap_err().to_string();
        assert!(error.contains("files=`257` allowed_files=`256`"), "{error}");
        let large = PluginFiles { packages: vec![("a".to_owned(), vec![0; (64 << 20) + 1])], ..PluginFiles::default() };
        let error = large.checked().unwrap_err().to_string();
        assert!(error.contains("files in its packages. files=`1`"), "{error}");
        assert!(error.contains("bytes=`67108865` allowed_bytes=`67108864`"), "{error}");
    }

    #[test]
    fn what_another_interpreter_compiled_is_left_out() {
        let packages = vec![("a/__pycache__/b.pyc".to_owned(), Vec::new()), ("a/b.py".to_owned(), Vec::new())];
        let files = PluginFiles { packages, ..PluginFiles::default() }.checked().unwrap();
        assert_eq!(files.packages, [("a/b.py".to_owned(), Vec::new())]);
    }
}
