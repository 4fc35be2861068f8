//! Where a plugin comes from: bytes, a file or a folder.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::error::{Error, ErrorKind};

/// Where a plugin comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PluginSource {
    /// A component.
    Component(Vec<u8>),
    /// A component (`.wasm`), a source file (`.py`), or a folder with source
    /// files and an `__init__.py`.
    Path(PathBuf),
    /// Source files: their paths within the plugin, and what they say.
    Files(Language, Vec<(String, Vec<u8>)>),
}

/// A language that plugins are written in and that needs a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// `.py`
    Python,
}

impl From<&[u8]> for PluginSource {
    fn from(component: &[u8]) -> Self {
        Self::Component(component.to_vec())
    }
}

impl From<Vec<u8>> for PluginSource {
    fn from(component: Vec<u8>) -> Self {
        Self::Component(component)
    }
}

impl From<&Path> for PluginSource {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<PathBuf> for PluginSource {
    fn from(path: PathBuf) -> Self {
        Self::Path(path)
    }
}

/// A plugin's bytes, read.
pub(crate) enum Loaded {
    Component(Vec<u8>),
    Files(Language, Vec<(String, Vec<u8>)>),
}

/// The largest component.
const MAX_COMPONENT_BYTES: u64 = 64 << 20;
/// The most that the source files of one plugin may be together.
const MAX_SOURCE_BYTES: u64 = 4 << 20;
/// The most source files of one plugin.
const MAX_FILES: usize = 256;

impl PluginSource {
    /// Reads what is to be read. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::InvalidPlugin`], with the path.
    pub(crate) fn read(self) -> Result<Loaded, Error> {
        match self {
            Self::Component(bytes) if exceeds(bytes.len(), MAX_COMPONENT_BYTES) => Err(Error::new(
                ErrorKind::InvalidPlugin,
                format!("is too large. bytes=`{}` allowed=`{MAX_COMPONENT_BYTES}`", bytes.len()),
            )),
            Self::Component(bytes) => Ok(Loaded::Component(bytes)),
            Self::Files(_, files) if files.len() > MAX_FILES || exceeds(total(&files), MAX_SOURCE_BYTES) => {
                Err(Error::new(
                    ErrorKind::InvalidPlugin,
                    format!("has too many or too large files. files=`{}` bytes=`{}`", files.len(), total(&files)),
                ))
            }
            Self::Files(language, files) => Ok(Loaded::Files(language, files)),
            Self::Path(path) if path.is_dir() => read_folder(&path),
            Self::Path(path) => read_file(&path),
        }
    }
}

fn read_file(path: &Path) -> Result<Loaded, Error> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("wasm") => Ok(Loaded::Component(bounded(path, MAX_COMPONENT_BYTES)?)),
        Some("py") => {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Loaded::Files(Language::Python, vec![(name, bounded(path, MAX_SOURCE_BYTES)?)]))
        }
        Some(_) | None if !path.exists() => Err(not_found(path)),
        Some(_) | None => Err(invalid("a plugin is a .wasm or .py file, or a folder with an __init__.py.", path)),
    }
}

fn read_folder(folder: &Path) -> Result<Loaded, Error> {
    if !folder.join("__init__.py").is_file() {
        return Err(invalid("Multi-file plugin directory must contain __init__.py:", folder));
    }
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut files = Vec::new();
    collect(folder, &name, &mut files)?;
    if exceeds(total(&files), MAX_SOURCE_BYTES) {
        return Err(invalid("the plugin's files are larger than 4 MiB together.", folder));
    }
    Ok(Loaded::Files(Language::Python, files))
}

/// Adds the Python files below `folder`, in the order of their names.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Error> {
    let unreadable = |error: std::io::Error| invalid("cannot be read.", folder).with_source(error);
    let mut entries = fs::read_dir(folder).map_err(unreadable)?.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}/{name}");
        // Links are not followed: they could lead anywhere.
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && !name.starts_with('.') && name != "__pycache__" {
            collect(&entry.path(), &path, files)?;
        } else if kind.is_file() && name.ends_with(".py") {
            files.push((path, bounded(&entry.path(), MAX_SOURCE_BYTES)?));
        }
        if files.len() > MAX_FILES {
            return Err(invalid("the plugin has more than 256 files.", folder));
        }
    }
    Ok(())
}

fn bounded(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let unreadable = |error: std::io::Error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        if missing { not_found(path) } else { invalid("cannot be read.", path).with_source(error) }
    };
    let mut bytes = Vec::new();
    // No more than that is read, whatever the file's size is said to be.
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    if exceeds(bytes.len(), max_bytes) {
        return Err(invalid(&format!("is too large. allowed_bytes=`{max_bytes}`"), path));
    }
    Ok(bytes)
}

fn exceeds(bytes: usize, allowed: u64) -> bool {
    u64::try_from(bytes).unwrap_or(u64::MAX) > allowed
}

fn total(files: &[(String, Vec<u8>)]) -> usize {
    files.iter().map(|(_, content)| content.len()).fold(0, usize::saturating_add)
}

// The beginnings of these two are InfluxDB 3's.
fn not_found(path: &Path) -> Error {
    Error::new(ErrorKind::NotFound, format!("Plugin not found: {}", path.display()))
}

fn invalid(what: &str, path: &Path) -> Error {
    Error::new(ErrorKind::InvalidPlugin, format!("{what} {}", path.display()))
}
