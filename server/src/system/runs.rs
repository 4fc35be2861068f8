//! `system.processing_engine_runs`: what each run did and used.

use std::sync::Arc;

use tidegate::RunRecord;

use super::View;
use super::columns::{Cell, Column};

type Row = Arc<RunRecord>;

pub(super) const COLUMNS: &[Column<Row>] = &[
    Column("time", Cell::Time(|run| Some(run.started.0))),
    Column("database", Cell::Text(|run| Some(run.trigger.database.name.to_string()))),
    Column("trigger_name", Cell::Text(|run| Some(run.trigger.name.to_string()))),
    Column("run_id", Cell::Unsigned(|run| Some(run.run))),
    Column("attempt", Cell::Unsigned(|run| Some(run.attempt.into()))),
    Column("ending", Cell::Text(|run| Some(run.ending.to_owned()))),
    Column("error", Cell::Text(|run| run.error.clone())),
    Column("traceback", Cell::Text(|run| run.traceback.clone())),
    Column("wall_ns", Cell::Unsigned(|run| u64::try_from(run.usage.wall.as_nanos()).ok())),
    Column("deadline_ns", Cell::Unsigned(|run| u64::try_from(run.limits.deadline.as_nanos()).ok())),
    Column("cpu_ns", Cell::Unsigned(cpu)),
    Column("fuel", Cell::Unsigned(|run| Some(run.usage.fuel))),
    Column("fuel_limit", Cell::Unsigned(|run| Some(run.limits.fuel))),
    Column("peak_memory_bytes", Cell::Unsigned(|run| wide(run.usage.peak_memory_bytes))),
    Column("memory_limit_bytes", Cell::Unsigned(|run| wide(run.limits.memory_bytes))),
    Column("rows", Cell::Unsigned(|run| wide(run.usage.rows))),
    Column("staged_lines", Cell::Unsigned(|run| wide(run.usage.staged_lines))),
    Column("staged_bytes", Cell::Unsigned(|run| wide(run.usage.staged_bytes))),
    Column("query_rows", Cell::Unsigned(|run| Some(run.usage.query_rows))),
    Column("host_calls", Cell::Unsigned(|run| Some(run.usage.host_calls))),
    Column("http_requests", Cell::Unsigned(|run| Some(run.usage.http_requests))),
    Column("log_bytes", Cell::Unsigned(|run| wide(run.usage.log_bytes))),
];

fn cpu(run: &Row) -> Option<u64> {
    u64::try_from(run.usage.cpu().as_nanos()).ok()
}

fn wide(amount: usize) -> Option<u64> {
    u64::try_from(amount).ok()
}

/// The newest runs of each trigger, in the order in which they began.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let triggers = view.triggers();
    // One that has just been deleted has none any more.
    let runs = triggers.iter().filter_map(|status| view.server.runtime.recent_runs(&status.trigger.id).ok());
    let mut runs: Vec<_> = runs.flatten().collect();
    runs.sort_by_key(|run| run.run);
    runs
}
