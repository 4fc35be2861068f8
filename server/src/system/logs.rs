//! `system.processing_engine_logs`: what plugins said.

use tidegate::{LogEntry, TriggerId};

use super::View;
use super::columns::{Cell, Column};

/// An entry, and whose it is.
pub(super) struct Row {
    trigger: TriggerId,
    entry: LogEntry,
}

// The first four are InfluxDB 3's; `time` is what its newer versions call `event_time`.
pub(super) const COLUMNS: &[Column<Row>] = &[
    Column("event_time", Cell::Time(|row| Some(row.entry.time.0))),
    Column("trigger_name", Cell::Text(|row| Some(row.trigger.name.to_string()))),
    Column("log_level", Cell::Text(|row| Some(row.entry.level.to_string()))),
    Column("log_text", Cell::Text(|row| Some(row.entry.message.clone()))),
    Column("time", Cell::Time(|row| Some(row.entry.time.0))),
    Column("database", Cell::Text(|row| Some(row.trigger.database.name.to_string()))),
    Column("run_id", Cell::Unsigned(|row| row.entry.run)),
];

/// The newest entries of each trigger, in the order of their times.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let mut rows = Vec::new();
    for status in view.triggers() {
        let id = status.trigger.id;
        let entries = view.server.plugin_log.recent(&id, usize::MAX);
        rows.extend(entries.into_iter().map(|entry| Row { trigger: id.clone(), entry }));
    }
    rows.sort_by_key(|row| row.entry.time);
    rows
}
