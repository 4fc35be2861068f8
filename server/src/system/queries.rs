//! `system.queries`: what was asked of late.

use std::sync::Arc;

use super::View;
use super::columns::{Cell, Column};
use crate::permissions::Action;
use crate::queries::{Phase, QueryRecord};

type Row = Arc<QueryRecord>;

pub(super) const COLUMNS: &[Column<Row>] = &[
    Column("id", Cell::Text(|query| Some(query.id.to_string()))),
    Column("phase", Cell::Text(|query| Some(query.phase().name().to_owned()))),
    Column("issue_time", Cell::Time(|query| Some(query.issued.0))),
    Column("query_type", Cell::Text(|query| Some(query.protocol.name().to_owned()))),
    Column("query_text", Cell::Text(|query| Some(query.text.clone()))),
    // What is null is not measured.
    Column("partitions", Cell::Integer(|_| None)),
    Column("parquet_files", Cell::Integer(|_| None)),
    Column("plan_duration", Cell::Duration(|query| query.times().planned)),
    Column("permit_duration", Cell::Duration(|_| None)),
    Column("execute_duration", Cell::Duration(|query| query.times().executed)),
    Column("end2end_duration", Cell::Duration(|query| query.times().ended)),
    Column("compute_duration", Cell::Duration(|_| None)),
    Column("max_memory", Cell::Integer(|_| None)),
    Column("success", Cell::Boolean(|query| Some(query.phase() == Phase::Success))),
    Column("running", Cell::Boolean(|query| Some(query.phase().is_running()))),
    Column("cancelled", Cell::Boolean(|query| Some(query.phase() == Phase::Cancelled))),
    Column("trace_id", Cell::Text(|_| None)),
    Column("rows", Cell::Unsigned(|query| Some(query.rows()))),
    Column("error", Cell::Text(|query| query.error())),
    Column("database", Cell::Text(|query| Some(query.database.name.to_string()))),
];

/// The newest queries, in the order in which they were asked.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let mut queries = view.server.queries.recent();
    queries.retain(|query| view.shows(Action::Read, &query.database));
    queries
}
