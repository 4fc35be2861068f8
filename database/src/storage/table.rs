//! The points of a table.

use std::ops::Range;
use std::sync::Arc;

use tidegate::{ColumnKind, ColumnValues, TableBatch};

use super::chunk::Chunk;
use super::growing::{GrowingChunk, Placement};
use super::points::{PointIndex, SeriesKeys};
use super::snapshot::StoredRows;
use crate::schema::{ColumnDefinition, TableSchema};

/// How much a batch may add to a chunk before it is looked whether the chunk is
/// full: far from the 2 GiB that Arrow's offsets can count.
const MAX_STEP_BYTES: usize = 64 << 20;

/// The points of a table, in chunks by the order in which they were written.
///
/// Rows are numbered through all chunks. A point that is written again is
/// changed in place if it is in the growing chunk, else copied there, and its
/// old row is dead.
#[derive(Debug)]
pub(super) struct Table {
    schema: Arc<TableSchema>,
    points: PointIndex,
    chunks: Vec<Chunk>,
    /// What `chunks` take.
    chunks_bytes: usize,
    growing: GrowingChunk,
    /// `growing` as queries see it, until it changes.
    growing_seen: Option<Chunk>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            schema: Arc::new(TableSchema::new(Vec::new())),
            points: PointIndex::default(),
            chunks: Vec::new(),
            chunks_bytes: 0,
            growing: GrowingChunk::new(0),
            growing_seen: None,
        }
    }
}

impl Table {
    /// A table without rows.
    pub(super) fn new(schema: TableSchema) -> Self {
        Self { schema: Arc::new(schema), ..Self::default() }
    }

    pub(super) fn schema(&self) -> &Arc<TableSchema> {
        &self.schema
    }

    /// How much memory the rows take, near enough for a bound.
    pub(super) fn byte_size(&self) -> usize {
        self.chunks_bytes.saturating_add(self.growing.byte_size()).saturating_add(self.points.byte_size())
    }

    /// Adds the rows of a batch that agrees with the schema.
    pub(super) fn append(&mut self, batch: &TableBatch) {
        self.growing_seen = None;
        let new = batch.columns().iter().filter(|column| self.schema.place(&column.column.name).is_none());
        let new: Vec<_> =
            new.filter_map(|column| Some((Arc::clone(&column.column.name), ColumnDefinition::of(column)?))).collect();
        if !new.is_empty() {
            self.schema = Arc::new(self.schema.with(new));
        }
        let large = batch.byte_size() > MAX_STEP_BYTES;
        let mut start = 0;
        while start < batch.rows() {
            let step = if large { 1 } else { self.growing.room() };
            let end = start.saturating_add(step.max(1)).min(batch.rows());
            self.append_rows(batch, start..end);
            start = end;
            if self.growing.room() == 0 {
                self.seal();
            }
        }
    }

    fn append_rows(&mut self, batch: &TableBatch, rows: Range<usize>) {
        let Some(times) = times(batch) else { return };
        let mut keys = SeriesKeys::new(batch, &self.schema);
        let mut placement = Placement::new(self.growing.rows());
        for row in rows.clone() {
            let Some(time) = times.get(row).copied() else {
                return;
            };
            let series = self.points.series(keys.of(row));
            let existing = self.points.row(series, time);
            let offset = match existing.map(|row| row.checked_sub(self.growing.start())) {
                Some(Some(offset)) => offset,
                Some(None) | None => {
                    let copied = existing.and_then(|row| self.kill(row));
                    let offset = placement.open(time, copied);
                    self.points.set_row(series, time, self.growing.start().saturating_add(offset));
                    offset
                }
            };
            placement.targets.push(offset);
        }
        self.growing.widen(&self.schema);
        self.growing.append((batch, rows), &placement, &self.chunks);
        if placement.copied.is_empty() {
            return;
        }
        // Rows were copied by their place, so chunks may shrink only now.
        for copied in &placement.copied {
            if let Some(chunk) = self.chunks.get_mut(copied.chunk) {
                chunk.shrink();
            }
        }
        self.chunks.retain(|chunk| !chunk.is_empty());
        self.weigh();
    }

    /// Marks a row outside the growing chunk as dead, and returns where it is
    /// for its fields to be copied.
    fn kill(&mut self, row: usize) -> Option<(usize, usize)> {
        let chunk = self.chunks.partition_point(|chunk| chunk.start() <= row).checked_sub(1)?;
        let place = self.chunks.get_mut(chunk)?.kill(row)?;
        Some((chunk, place))
    }

    fn seal(&mut self) {
        let start = self.growing.start().saturating_add(self.growing.rows());
        let full = std::mem::replace(&mut self.growing, GrowingChunk::new(start));
        let chunk = full.to_chunk();
        self.chunks_bytes = self.chunks_bytes.saturating_add(chunk.byte_size());
        self.chunks.push(chunk);
    }

    fn weigh(&mut self) {
        self.chunks_bytes = self.chunks.iter().map(Chunk::byte_size).fold(0, usize::saturating_add);
    }

    /// Forgets the points of chunks in which all are from before `cutoff`.
    pub(super) fn expire(&mut self, cutoff: i64) {
        let expired = |chunk: &Chunk| chunk.last().is_none_or(|last| last < cutoff);
        if !self.chunks.iter().any(expired) {
            return;
        }
        let starts: Vec<_> = self.chunks.iter().map(|chunk| (chunk.start(), expired(chunk))).collect();
        let growing = self.growing.start();
        self.points.retain(|row| {
            let chunk = starts.partition_point(|(start, _)| *start <= row).checked_sub(1);
            row >= growing || chunk.and_then(|chunk| starts.get(chunk)).is_none_or(|(_, expired)| !expired)
        });
        self.chunks.retain(|chunk| !expired(chunk));
        self.weigh();
    }

    /// All points.
    pub(super) fn rows(&mut self) -> Vec<StoredRows> {
        let growing = self.growing_seen.get_or_insert_with(|| self.growing.to_chunk());
        let chunks = self.chunks.iter_mut().chain(std::iter::once(growing));
        chunks.filter_map(|chunk| chunk.seen(&self.schema)).collect()
    }
}

fn times(batch: &TableBatch) -> Option<&[i64]> {
    let time = batch.columns().iter().find(|column| column.kind == ColumnKind::Time)?;
    match &time.column.values {
        ColumnValues::Time(times) => Some(times),
        ColumnValues::I64(_)
        | ColumnValues::U64(_)
        | ColumnValues::F64(_)
        | ColumnValues::Boolean(_)
        | ColumnValues::Text(_)
        | ColumnValues::Coded { .. } => None,
    }
}

#[cfg(test)]
mod tests;
