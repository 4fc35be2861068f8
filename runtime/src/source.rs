//! Where a plugin comes from: bytes, a file or a folder.

mod disk;
mod files;

use std::path::{Path, PathBuf};

pub use files::PluginFiles;

use disk::Beside;
use tidegate_bundle::Bundle;

use crate::error::{Error, ErrorKind};

/// Where a plugin comes from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PluginSource {
    /// A component.
    Component(Vec<u8>),
    /// A bundle: source files and the packages that they need, in one file.
    Bundle(Vec<u8>),
    /// A component (`.wasm`), a bundle (`.tidegate`), a source file (`.py`) with the data files beside
    /// it, or a folder with an `__init__.py` and all that is in it.
    Path(PathBuf),
    /// As `Path`, for a plugin that lies somewhere in a directory of plugins, from
    /// which it may name its files as well: `within` is the path of the folder
    /// that it lies in, with `/` between its parts, and empty at the top.
    Within {
        /// Where it lies on disk.
        path: PathBuf,
        /// Where its folder lies in the directory.
        within: String,
    },
    /// Source files and what belongs to them.
    Files(Language, PluginFiles),
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
    Files(Language, PluginFiles),
}

/// The largest component.
const MAX_COMPONENT_BYTES: usize = 64 << 20;
/// The largest bundle, packed.
const MAX_BUNDLE_BYTES: usize = 64 << 20;

impl PluginSource {
    /// Reads what is to be read. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::InvalidPlugin`], with the path.
    pub(crate) fn read(self) -> Result<Loaded, Error> {
        match self {
            Self::Component(bytes) if bytes.len() > MAX_COMPONENT_BYTES => Err(Error::new(
                ErrorKind::InvalidPlugin,
                format!("is too large. bytes=`{}` allowed=`{MAX_COMPONENT_BYTES}`", bytes.len()),
            )),
            Self::Component(bytes) => Ok(Loaded::Component(bytes)),
            Self::Bundle(bytes) => unpacked(&bytes),
            Self::Files(language, files) => Ok(Loaded::Files(language, files.checked()?)),
            Self::Within { path, within } => {
                let mut loaded = Self::Path(path).read()?;
                if let Loaded::Files(_, files) = &mut loaded {
                    files.name_from(&within);
                }
                Ok(loaded)
            }
            Self::Path(path) => match Kind::of(&path)? {
                Kind::Component => Ok(Loaded::Component(disk::bounded(&path, MAX_COMPONENT_BYTES)?)),
                Kind::Bundle => unpacked(&disk::bounded(&path, MAX_BUNDLE_BYTES)?).map_err(|error| at(&path, &error)),
                Kind::Source(language) => {
                    let Beside { found, left_out } = disk::beside(&path)?;
                    for file in left_out {
                        let (plugin, file) = (path.display(), file.display());
                        tracing::warn!(%plugin, %file, "too large or one too many: the plugin does not see this file");
                    }
                    let own = disk::read(found)?;
                    Ok(Loaded::Files(language, own.into()))
                }
                Kind::Folder(language) => {
                    let own = disk::read(disk::below(&path)?)?;
                    Ok(Loaded::Files(language, own.into()))
                }
            },
        }
    }

    /// The files that the plugin would be read from now. A change of any of
    /// them, or of which they are, makes another plugin. Blocks.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] or [`ErrorKind::InvalidPlugin`], with the path.
    pub fn paths(&self) -> Result<Vec<PathBuf>, Error> {
        let (Self::Path(path) | Self::Within { path, .. }) = self else { return Ok(Vec::new()) };
        let found = match Kind::of(path)? {
            Kind::Component | Kind::Bundle => return Ok(vec![path.clone()]),
            Kind::Source(_) => disk::beside(path)?.found,
            Kind::Folder(_) => disk::below(path)?,
        };
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }
}

/// What a path leads to.
enum Kind {
    Component,
    Bundle,
    Source(Language),
    Folder(Language),
}

impl Kind {
    fn of(path: &Path) -> Result<Self, Error> {
        if path.is_dir() {
            if path.join("__init__.py").is_file() {
                return Ok(Self::Folder(Language::Python));
            }
            return Err(invalid("Multi-file plugin directory must contain __init__.py:", path));
        }
        if !path.exists() {
            return Err(not_found(path));
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("wasm") => Ok(Self::Component),
            Some(tidegate_bundle::EXTENSION) => Ok(Self::Bundle),
            Some("py") => Ok(Self::Source(Language::Python)),
            Some(_) | None => {
                Err(invalid("a plugin is a .wasm, .py or .tidegate file, or a folder with an __init__.py.", path))
            }
        }
    }
}

/// Unpacks a bundle.
///
/// # Errors
/// [`ErrorKind::InvalidPlugin`] if it is broken, or for a language that there is
/// not.
fn unpacked(bytes: &[u8]) -> Result<Loaded, Error> {
    let refused = |reason: String| Error::new(ErrorKind::InvalidPlugin, reason);
    let bundle = Bundle::read(bytes).map_err(|error| refused(format!("the bundle {error}")))?;
    let language = match bundle.manifest.plugin.language.as_str() {
        "python" => Language::Python,
        other => {
            return Err(refused(format!("the bundle is for a language that is not supported. language=`{other}`")));
        }
    };
    let files = PluginFiles { own: bundle.plugin, packages: bundle.packages };
    Ok(Loaded::Files(language, files.checked()?))
}

fn at(path: &Path, error: &Error) -> Error {
    Error::new(error.kind(), format!("{error} path=`{}`", path.display()))
}

// The beginnings of these two are InfluxDB 3's.
fn not_found(path: &Path) -> Error {
    Error::new(ErrorKind::NotFound, format!("Plugin not found: {}", path.display()))
}

fn invalid(what: &str, path: &Path) -> Error {
    Error::new(ErrorKind::InvalidPlugin, format!("{what} {}", path.display()))
}
