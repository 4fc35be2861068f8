//! What a query sees of a database: one moment, whatever is written meanwhile.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{BooleanArray, TimestampNanosecondArray};
use arrow::compute::filter_record_batch;
use arrow::record_batch::RecordBatch;

use crate::schema::{TIME, TableSchema};

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

impl StoredRows {
    /// Those that are not from before `cutoff`; nothing if there are none.
    pub(super) fn since(self, cutoff: i64) -> Option<Self> {
        if self.first >= cutoff || self.last < cutoff {
            return (self.first >= cutoff).then_some(self);
        }
        let times: &TimestampNanosecondArray = self.batch.column_by_name(TIME)?.as_any().downcast_ref()?;
        let kept: BooleanArray = times.values().iter().map(|time| Some(*time >= cutoff)).collect();
        let first = times.values().iter().copied().filter(|time| *time >= cutoff).min()?;
        Some(Self { batch: filter_record_batch(&self.batch, &kept).ok()?, first, last: self.last })
    }
}
