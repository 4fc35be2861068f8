//! Which files on disk belong to a plugin.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::files::{MAX_OWN_BYTES, MAX_OWN_FILES};
use super::{invalid, not_found};
use crate::error::Error;

/// A file's path within its plugin, and where it lies.
pub(super) type Found = (String, PathBuf);

/// What a single file finds beside itself: its settings and data. Other code
/// there is a plugin of its own.
const DATA: [&str; 6] = ["toml", "json", "csv", "txt", "yaml", "yml"];

/// A source file and the data files beside it, as far as they fit.
pub(super) struct Beside {
    pub(super) found: Vec<Found>,
    /// Those that do not. Others' data must not keep a plugin from being loaded.
    pub(super) left_out: Vec<PathBuf>,
}

/// Finds what belongs to the source file at `path`. The smallest data files
/// come first, since these are settings.
///
/// # Errors
/// If the directory cannot be read.
pub(super) fn beside(path: &Path) -> Result<Beside, Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut found = vec![(name, path.to_owned())];
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let size = |path: &Path| fs::metadata(path).map_or(u64::MAX, |metadata| metadata.len());
    let mut data = Vec::new();
    for (name, kind, path) in entries(directory)? {
        let is_data = Path::new(&name).extension().is_some_and(|found| DATA.iter().any(|data| found == *data));
        // Links are not followed: they could lead anywhere.
        if kind.is_file() && is_data {
            data.push((size(&path), name, path));
        }
    }
    data.sort();
    let mut left = u64::try_from(MAX_OWN_BYTES).unwrap_or(u64::MAX).saturating_sub(size(path));
    let mut left_out = Vec::new();
    for (size, name, path) in data {
        match left.checked_sub(size) {
            Some(rest) if found.len() < MAX_OWN_FILES => {
                left = rest;
                found.push((name, path));
            }
            Some(_) | None => left_out.push(path),
        }
    }
    Ok(Beside { found, left_out })
}

/// All files below `folder`, but for hidden ones and what Python compiled.
///
/// # Errors
/// If they are too many, or the folder cannot be read.
pub(super) fn below(folder: &Path) -> Result<Vec<Found>, Error> {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut found = Vec::new();
    collect(folder, &name, &mut found)?;
    Ok(found)
}

fn collect(folder: &Path, prefix: &str, found: &mut Vec<Found>) -> Result<(), Error> {
    for (name, kind, path) in entries(folder)? {
        let within = format!("{prefix}/{name}");
        if kind.is_dir() && name != "__pycache__" {
            collect(&path, &within, found)?;
        } else if kind.is_file() {
            found.push((within, path));
        }
        if found.len() > MAX_OWN_FILES {
            return Err(invalid("the plugin has more than 256 files.", folder));
        }
    }
    Ok(())
}

/// What lies in `directory` and is not hidden, in the order of the names.
fn entries(directory: &Path) -> Result<Vec<(String, fs::FileType, PathBuf)>, Error> {
    let unreadable = |error: std::io::Error| invalid("cannot be read.", directory).with_source(error);
    let mut entries = Vec::new();
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        if let Ok(name) = entry.file_name().into_string()
            && !name.starts_with('.')
        {
            entries.push((name, entry.file_type().map_err(unreadable)?, entry.path()));
        }
    }
    entries.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    Ok(entries)
}

/// Reads files that may only be so large together.
///
/// # Errors
/// If they are larger, or cannot be read.
pub(super) fn read(found: Vec<Found>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let mut left = MAX_OWN_BYTES;
    let mut files = Vec::new();
    for (name, path) in found {
        let content = bounded(&path, left)?;
        left = left.saturating_sub(content.len());
        files.push((name, content));
    }
    Ok(files)
}

/// Reads a file of at most `max_bytes`.
///
/// # Errors
/// If it is larger, or cannot be read.
pub(super) fn bounded(path: &Path, max_bytes: usize) -> Result<Vec<u8>, Error> {
    let unreadable = |error: std::io::Error| {
        let missing = error.kind() == std::io::ErrorKind::NotFound;
        if missing { not_found(path) } else { invalid("cannot be read.", path).with_source(error) }
    };
    let mut bytes = Vec::new();
    // No more than that is read, whatever the file's size is said to be.
    let file = fs::File::open(path).map_err(unreadable)?;
    let limit = u64::try_from(max_bytes).unwrap_or(u64::MAX).saturating_add(1);
    file.take(limit).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() > max_bytes {
        let what = format!("is too large, by itself or with the plugin's other files. allowed_bytes=`{max_bytes}`");
        return Err(invalid(&what, path));
    }
    Ok(bytes)
}
