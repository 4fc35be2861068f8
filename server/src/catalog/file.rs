//! The catalog's file, read with distrust and replaced as a whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use super::content::{Content, FORMAT};

#[derive(Deserialize)]
struct Versioned {
    format: u32,
}

/// What the file at `path` says; nothing if there is none.
///
/// # Errors
/// If it cannot be read or understood.
pub(super) fn read(path: &Path) -> anyhow::Result<Option<Content>> {
    let shown = path.display();
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => bail!("the catalog cannot be read: {error}. path=`{shown}`"),
    };
    let damaged =
        || format!("the catalog is damaged; restore it from a backup, or move it away to begin anew. path=`{shown}`");
    // First, since what a later version writes need not be understood.
    let Versioned { format } = serde_json::from_slice(&text).with_context(damaged)?;
    if format > FORMAT {
        bail!(
            "the catalog was written by a later version; start that one. path=`{shown}` format=`{format}` known=`{FORMAT}`"
        );
    }
    let content: Content = serde_json::from_slice(&text).with_context(damaged)?;
    // What is written next may have what the format that was read has not.
    Ok(Some(Content { format: FORMAT, ..content }))
}

/// Replaces the file at `path`. After a crash it is the old or the new one.
///
/// # Errors
/// If it cannot be written; the old one is still there.
pub(super) fn write(path: &Path, content: &Content) -> io::Result<()> {
    let new = path.with_extension("json.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(&serde_json::to_vec_pretty(content)?)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    // The new name is durable only once its folder is.
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}
