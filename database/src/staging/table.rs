//! The good lines of one table.

use std::collections::HashMap;
use std::sync::Arc;

use tidegate::{Column, ColumnKind, ColumnValues, TableBatch, TableColumn, TableName};

use super::StagedBatch;
use super::column::StagedColumn;
use crate::line_protocol::{Cell, Line};
use crate::schema::{ColumnDefinition, TIME, TableSchema};
use crate::write::BadLine;

/// InfluxDB 3's limit. It also bounds the memory of a batch: rows times columns.
pub(crate) const MAX_COLUMNS: usize = 500;

#[derive(Debug)]
pub(super) struct StagedTable {
    name: TableName,
    schema: Option<Arc<TableSchema>>,
    columns: Vec<StagedColumn>,
    places: HashMap<Arc<str>, usize>,
    /// How many of `columns` the table has not had so far.
    new_columns: usize,
    times: Vec<i64>,
    /// How many lines were looked at, good or bad.
    lines: u64,
}

impl StagedTable {
    pub(super) fn new(name: TableName, schema: Option<Arc<TableSchema>>) -> Self {
        Self { name, schema, columns: Vec::new(), places: HashMap::new(), new_columns: 0, times: Vec::new(), lines: 0 }
    }

    /// Adds a line, or says what is wrong with it and changes nothing.
    pub(super) fn add(&mut self, line: &Line<'_>, time: i64) -> Result<(), BadLine> {
        self.lines = self.lines.saturating_add(1);
        let (columns, new_columns) = (self.columns.len(), self.new_columns);
        let placed = self.place_all(line).inspect_err(|_| {
            // What a column is must not be decided by a line that is not kept.
            for column in self.columns.drain(columns..) {
                self.places.remove(column.name());
            }
            self.new_columns = new_columns;
        })?;
        let row = self.times.len();
        for (place, cell) in placed.into_iter().flatten() {
            if let Some(column) = self.columns.get_mut(place) {
                column.set(row, cell);
            }
        }
        self.times.push(time);
        Ok(())
    }

    /// Finds the column of each cell; a cell that a later one of the same field
    /// replaces gets none.
    fn place_all<'l>(&mut self, line: &'l Line<'_>) -> Result<Vec<Option<(usize, Cell<'l>)>>, BadLine> {
        let mut placed: Vec<Option<(usize, Cell<'l>)>> = Vec::new();
        for (name, cell) in line.cells() {
            let place = match self.places.get(name) {
                Some(place) => *place,
                None => self.open(name, cell.definition())?,
            };
            let Some(column) = self.columns.get_mut(place) else {
                continue;
            };
            let (existing, new) = (column.definition(), cell.definition());
            if existing != new {
                let why = format!("column type mismatch for column {name}: existing: {existing}, new: {new}");
                return Err(why.into());
            }
            if let Some(earlier) = column.mark(self.lines, placed.len()) {
                if existing == ColumnDefinition::Tag {
                    return Err(format!("Must not contain duplicate tags, but \"{name}\" was repeated").into());
                }
                if let Some(earlier) = placed.get_mut(earlier) {
                    *earlier = None;
                }
            }
            placed.push(Some((place, cell)));
        }
        Ok(placed)
    }

    fn open(&mut self, name: &str, wanted: ColumnDefinition) -> Result<usize, BadLine> {
        if name == TIME {
            return Err(BadLine::from(format!(
                "a {} cannot be called time",
                if wanted == ColumnDefinition::Tag { "tag" } else { "field" }
            )));
        }
        let known = self.schema.as_ref().and_then(|schema| schema.definition(name));
        if known.is_none() {
            let columns = self.schema.as_ref().map_or(0, |schema| schema.len()).saturating_add(self.new_columns);
            // The time is a column, too.
            if columns.saturating_add(1) >= MAX_COLUMNS {
                return Err(BadLine::limit(format!(
                    "Update to schema would exceed number of columns per table limit of {MAX_COLUMNS} columns"
                )));
            }
            self.new_columns = self.new_columns.saturating_add(1);
        }
        let place = self.columns.len();
        let column = StagedColumn::new(name, known.unwrap_or(wanted));
        self.places.insert(Arc::clone(column.name()), place);
        self.columns.push(column);
        Ok(place)
    }

    /// The rows as a batch; nothing if there are none.
    pub(super) fn finish(self) -> Option<StagedBatch> {
        let rows = self.times.len();
        let mut columns: Vec<_> = self.columns.into_iter().map(|column| column.finish(rows)).collect();
        let time = Column::full(TIME, ColumnValues::Time(self.times));
        columns.push(TableColumn { kind: ColumnKind::Time, column: time });
        let batch = TableBatch::new(self.name, columns);
        debug_assert!(batch.is_ok(), "{batch:?}");
        let batch = batch.ok().filter(|batch| batch.rows() > 0)?;
        Some(StagedBatch { batch: Arc::new(batch), checked_for: self.schema })
    }
}
