//! Which row is which point.

use std::collections::HashMap;

use tidegate::{ColumnKind, TableBatch};

use crate::schema::TableSchema;

/// The row of each point of a table.
///
/// Points are made unique when they are written: it costs a look-up and about
/// 40 bytes a row, and every query reads plain columns. Making them unique when
/// they are read would sort or hash the table in each query instead, and there
/// are many more queries than overwritten points.
#[derive(Debug, Default)]
pub(super) struct PointIndex {
    series: HashMap<Box<[u8]>, usize>,
    rows: HashMap<(usize, i64), usize>,
    /// What the keys of `series` take.
    keys_bytes: usize,
}

/// What one row takes here, and one series besides its key.
const ROW_BYTES: usize = 40;
const SERIES_BYTES: usize = 40;

impl PointIndex {
    /// The number of the series with these tags.
    pub(super) fn series(&mut self, key: &[u8]) -> usize {
        if let Some(series) = self.series.get(key) {
            return *series;
        }
        let series = self.series.len();
        self.series.insert(key.into(), series);
        self.keys_bytes = self.keys_bytes.saturating_add(key.len());
        series
    }

    /// How much memory it takes, near enough for a bound.
    pub(super) fn byte_size(&self) -> usize {
        let rows = self.rows.len().saturating_mul(ROW_BYTES);
        let series = self.series.len().saturating_mul(SERIES_BYTES);
        rows.saturating_add(series).saturating_add(self.keys_bytes)
    }

    /// The row of a point.
    pub(super) fn row(&self, series: usize, time: i64) -> Option<usize> {
        self.rows.get(&(series, time)).copied()
    }

    /// Forgets the points whose rows are not wanted.
    pub(super) fn retain(&mut self, wanted: impl Fn(usize) -> bool) {
        self.rows.retain(|_, row| wanted(*row));
    }

    /// Says that a point is now in `row`.
    pub(super) fn set_row(&mut self, series: usize, time: i64, row: usize) {
        self.rows.insert((series, time), row);
    }
}

/// What tells the series of a batch's rows apart: place and value of each tag
/// that the row has, in the order of the table's columns. Tags that the table
/// gains later do not change it.
pub(super) struct SeriesKeys<'b> {
    tags: Vec<(usize, &'b tidegate::Column)>,
    key: Vec<u8>,
}

impl<'b> SeriesKeys<'b> {
    pub(super) fn new(batch: &'b TableBatch, schema: &TableSchema) -> Self {
        let tags = batch.columns().iter().filter(|column| column.kind == ColumnKind::Tag);
        let mut tags: Vec<_> = tags.filter_map(|tag| Some((schema.place(&tag.column.name)?, &tag.column))).collect();
        tags.sort_by_key(|(place, _)| *place);
        Self { tags, key: Vec::new() }
    }

    pub(super) fn of(&mut self, row: usize) -> &[u8] {
        self.key.clear();
        for (place, tag) in &self.tags {
            if tag.validity.get(row)
                && let Some(value) = tag.values.text(row)
            {
                self.key.extend_from_slice(&place.to_le_bytes());
                // Without the length, two tags could look like one.
                self.key.extend_from_slice(&value.len().to_le_bytes());
                self.key.extend_from_slice(value.as_bytes());
            }
        }
        &self.key
    }
}
