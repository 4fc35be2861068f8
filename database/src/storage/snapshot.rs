//! What a query sees of a database: one moment, whatever is written meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::record_batch::RecordBatch;

use crate::schema::TableSchema;

/// The tables of a database, by name.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) tables: BTreeMap<String, TableSnapshot>,
}

/// A table.
#[derive(Debug, Clone)]
pub(crate) struct TableSnapshot {
    pub(crate) schema: Arc<TableSchema>,
    /// Each point once.
    pub(crate) rows: Vec<StoredRows>,
}

/// Some of a table's points.
#[derive(Debug, Clone)]
pub(crate) struct StoredRows {
    /// With the columns that the table's schema has.
    pub(crate) batch: RecordBatch,
    /// The earliest time among them.
    pub(crate) first: i64,
    /// The latest.
    pub(crate) last: i64,
}
