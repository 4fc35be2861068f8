//! A plugin's code in local files, on its way to a server.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;

/// A plugin's code.
#[derive(Debug)]
pub(super) enum Code {
    /// One file.
    File(String),
    /// The Python files of a folder, in the order of their names.
    Folder(Vec<SourceFile>),
}

/// A file of a folder.
#[derive(Debug, Serialize)]
pub(super) struct SourceFile {
    pub(super) relative_path: String,
    pub(super) content: String,
}

impl Code {
    /// Reads a .py file, or those in a folder; other files are left out.
    ///
    /// # Errors
    /// If there is no code at `path`.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if path.is_dir() {
            let mut files = Vec::new();
            collect(path, "", &mut files)?;
            return Ok(Self::Folder(files));
        }
        if !is_python(path) {
            bail!("only Python source can be sent; put {shown} into the server's plugin directory instead");
        }
        Ok(Self::File(read(path)?))
    }
}

/// What the server is to call the plugin at `path`: its last part.
pub(super) fn name(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    // Links and dots are resolved: `.` has no name of its own.
    let path = path.canonicalize().with_context(|| format!("File not found: {shown}"))?;
    let name = path.file_name().and_then(OsStr::to_str).map(str::to_owned);
    name.with_context(|| format!("its name must be UTF-8. path=`{shown}`"))
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> anyhow::Result<()> {
    let unreadable = || format!("{} cannot be read", folder.display());
    let mut entries = fs::read_dir(folder).with_context(unreadable)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (path, kind): (PathBuf, _) = (entry.path(), entry.file_type()?);
        let relative_path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        // Links are not followed, as in a folder that the server loads; what begins
        // with a dot belongs to tools.
        if relative_path.starts_with('.') || relative_path.contains("/.") {
            continue;
        }
        if kind.is_dir() {
            collect(&path, &format!("{relative_path}/"), files)?;
        } else if kind.is_file() && is_python(&path) {
            files.push(SourceFile { relative_path, content: read(&path)? });
        }
    }
    Ok(())
}

fn is_python(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "py")
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_its_python_files() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["__init__.py", "rules.toml", "lib/units.py", ".venv/x.py", "lib/.hidden.py"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x = 1\n").unwrap();
        }
        let Code::Folder(files) = Code::read(folder.path()).unwrap() else { panic!("a folder") };
        let names: Vec<_> = files.iter().map(|file| file.relative_path.as_str()).collect();
        assert_eq!(names, ["__init__.py", "lib/units.py"]);
        assert_eq!(files[1].content, "x = 1\n");
    }

    #[test]
    fn what_is_no_python_source_is_not_sent() {
        let file = tempfile::NamedTempFile::with_suffix(".wasm").unwrap();
        let error = Code::read(file.path()).unwrap_err().to_string();
        assert!(error.contains("plugin directory"), "{error}");
    }
}
