//! Some rows of a table that are written no more.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, TimestampNanosecondArray, new_null_array};
use arrow::compute::{filter, filter_record_batch};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};

use super::snapshot::StoredRows;
use crate::schema::{TIME, TableSchema};

/// Some rows of a table that are written no more; but they may die.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The number of its first row.
    start: usize,
    /// Which rows are left, counted from the first; all of them, as long as
    /// none was dropped.
    left: Option<Vec<usize>>,
    times: TimestampNanosecondArray,
    /// By their place in the schema; those added last may be missing.
    columns: Vec<ArrayRef>,
    /// Which places are dead; empty as long as none is.
    dead: Vec<bool>,
    dead_rows: usize,
    /// The rows as queries see them, and for which schema.
    seen: Option<(Arc<TableSchema>, StoredRows)>,
}

impl Chunk {
    pub(super) fn new(start: usize, times: TimestampNanosecondArray, columns: Vec<ArrayRef>) -> Self {
        Self { start, left: None, times, columns, dead: Vec::new(), dead_rows: 0, seen: None }
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn is_empty(&self) -> bool {
        self.dead_rows == self.times.len()
    }

    /// How much memory it takes, near enough for a bound.
    pub(super) fn byte_size(&self) -> usize {
        let columns = self.columns.iter().map(|column| column.get_array_memory_size());
        columns.fold(self.times.get_array_memory_size(), usize::saturating_add)
    }

    /// The latest time of its rows, dead ones included.
    pub(super) fn last(&self) -> Option<i64> {
        self.times.values().iter().copied().max()
    }

    /// The column at `place` of the schema.
    pub(super) fn column(&self, place: usize) -> Option<&ArrayRef> {
        self.columns.get(place)
    }

    /// Marks the row with number `row` as dead and returns its place here.
    pub(super) fn kill(&mut self, row: usize) -> Option<usize> {
        let row = row.checked_sub(self.start)?;
        let place = match &self.left {
            None => row,
            Some(left) => left.binary_search(&row).ok()?,
        };
        self.dead.resize(self.times.len(), false);
        let dead = self.dead.get_mut(place).filter(|dead| !**dead)?;
        *dead = true;
        self.dead_rows = self.dead_rows.saturating_add(1);
        self.seen = None;
        Some(place)
    }

    /// Drops dead rows once they are more than the living: seldom enough to
    /// cost nothing by row, often enough that overwriting takes no memory.
    pub(super) fn shrink(&mut self) {
        if self.dead_rows <= self.times.len() / 2 {
            return;
        }
        let alive = self.alive();
        let keep = |array: &dyn Array| filter(array, &alive);
        let (Ok(times), Ok(columns)) =
            (keep(&self.times), self.columns.iter().map(|column| keep(column)).collect::<Result<Vec<_>, _>>())
        else {
            return;
        };
        let Some(times) = times.as_any().downcast_ref() else {
            return;
        };
        let left = self.left.take().unwrap_or_else(|| (0..self.times.len()).collect());
        let left = left.into_iter().zip(&self.dead).filter(|(_, dead)| !**dead).map(|(row, _)| row).collect();
        *self = Self { left: Some(left), ..Self::new(self.start, TimestampNanosecondArray::clone(times), columns) };
    }

    fn alive(&self) -> BooleanArray {
        self.dead.iter().map(|dead| Some(!dead)).collect()
    }

    /// The living rows with the columns of `schema`; nothing if there are none.
    pub(super) fn seen(&mut self, schema: &Arc<TableSchema>) -> Option<StoredRows> {
        if let Some((seen_with, rows)) = &self.seen
            && Arc::ptr_eq(seen_with, schema)
        {
            return Some(rows.clone());
        }
        let rows = self.look(schema)?;
        self.seen = Some((Arc::clone(schema), rows.clone()));
        Some(rows)
    }

    fn look(&self, schema: &TableSchema) -> Option<StoredRows> {
        let rows = self.times.len();
        let columns = schema.arrow().fields().iter().map(|field| {
            if field.name() == TIME {
                return Arc::new(self.times.clone()) as ArrayRef;
            }
            let column = schema.place(field.name()).and_then(|place| self.columns.get(place));
            column.map_or_else(|| new_null_array(field.data_type(), rows), Arc::clone)
        });
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(schema.arrow()), columns.collect(), &options);
        debug_assert!(batch.is_ok(), "{batch:?}");
        let batch =
            if self.dead_rows == 0 { batch.ok()? } else { filter_record_batch(&batch.ok()?, &self.alive()).ok()? };
        let times: &TimestampNanosecondArray = batch.column_by_name(TIME)?.as_any().downcast_ref()?;
        let (first, last) = (times.values().iter().copied().min()?, times.values().iter().copied().max()?);
        Some(StoredRows { batch, first, last })
    }
}
