//! `system.plugin_files`: the files of the plugins that triggers run.

use std::time::UNIX_EPOCH;

use super::View;
use super::columns::{Cell, Column};

/// A file of the plugin of a trigger.
pub(super) struct Row {
    trigger: String,
    file: String,
    path: String,
    bytes: Option<i64>,
    modified_ms: Option<i64>,
}

pub(super) const COLUMNS: &[Column<Row>] = &[
    // The trigger's name: so it is in InfluxDB 3.
    Column("plugin_name", Cell::Text(|row| Some(row.trigger.clone()))),
    Column("file_name", Cell::Text(|row| Some(row.file.clone()))),
    Column("file_path", Cell::Text(|row| Some(row.path.clone()))),
    Column("size_bytes", Cell::Integer(|row| row.bytes)),
    Column("last_modified", Cell::Integer(|row| row.modified_ms)),
];

/// The files of all triggers' plugins, by trigger.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for status in view.triggers() {
        for (file, path) in view.server.triggers.parts.plugins.files(&status.plugin) {
            let metadata = std::fs::metadata(&path).ok();
            let modified = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
            let modified = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
            rows.push(Row {
                trigger: status.trigger.id.name.to_string(),
                file,
                path: path.display().to_string(),
                bytes: metadata.and_then(|metadata| i64::try_from(metadata.len()).ok()),
                modified_ms: modified.and_then(|time| i64::try_from(time.as_millis()).ok()),
            });
        }
    }
    rows
}
