//! The chunk to which a table's new points are added.

use std::ops::Range;

use arrow::array::TimestampNanosecondArray;
use tidegate::TableBatch;

use super::chunk::Chunk;
use super::column::GrowingColumn;
use crate::schema::TableSchema;

/// How many rows a chunk has. The growing chunk is copied for the first query
/// after a write, so not many more; each is a batch in a query, so not many
/// fewer.
const CHUNK_ROWS: usize = 16_384;

/// How much text a chunk has: far from the 2 GiB that Arrow's offsets can
/// count.
const CHUNK_TEXT_BYTES: usize = 64 << 20;

/// What a value takes besides its text, and a column besides its values.
const VALUE_BYTES: usize = 9;
const COLUMN_BYTES: usize = 200;

/// The chunk to which a table's new points are added.
#[derive(Debug)]
pub(super) struct GrowingChunk {
    start: usize,
    times: Vec<i64>,
    /// By their place in the schema; those added last may be missing.
    columns: Vec<GrowingColumn>,
}

/// Where the rows of a batch go in the growing chunk.
#[derive(Debug)]
pub(super) struct Placement {
    rows: usize,
    /// The times of the rows that are new in the chunk.
    times: Vec<i64>,
    /// Those of them whose point was in another chunk.
    pub(super) copied: Vec<Copied>,
    /// For each row of the batch its row in the chunk.
    pub(super) targets: Vec<usize>,
}

/// A row that goes on in the growing chunk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copied {
    target: usize,
    /// The chunk it was in.
    pub(super) chunk: usize,
    /// Its place there.
    place: usize,
}

impl Placement {
    pub(super) fn new(rows: usize) -> Self {
        Self { rows, times: Vec::new(), copied: Vec::new(), targets: Vec::new() }
    }

    /// Adds a row to the growing chunk and returns its number there.
    pub(super) fn open(&mut self, time: i64, copied: Option<(usize, usize)>) -> usize {
        let target = self.rows.saturating_add(self.times.len());
        self.times.push(time);
        self.copied.extend(copied.map(|(chunk, place)| Copied { target, chunk, place }));
        target
    }
}

impl GrowingChunk {
    /// An empty chunk, the first row of which will have the number `start`.
    pub(super) fn new(start: usize) -> Self {
        Self { start, times: Vec::new(), columns: Vec::new() }
    }

    pub(super) fn start(&self) -> usize {
        self.start
    }

    pub(super) fn rows(&self) -> usize {
        self.times.len()
    }

    /// How many rows may still be added.
    pub(super) fn room(&self) -> usize {
        if self.text_bytes() >= CHUNK_TEXT_BYTES { 0 } else { CHUNK_ROWS.saturating_sub(self.rows()) }
    }

    fn text_bytes(&self) -> usize {
        self.columns.iter().map(GrowingColumn::text_bytes).fold(0, usize::saturating_add)
    }

    /// How much memory it takes, near enough for a bound: each column has a value
    /// for each row, given or not.
    pub(super) fn byte_size(&self) -> usize {
        let column = self.rows().saturating_mul(VALUE_BYTES).saturating_add(COLUMN_BYTES);
        // The time is a column, too.
        let columns = self.columns.len().saturating_add(1).saturating_mul(column);
        columns.saturating_add(self.text_bytes())
    }

    /// Adds the columns that it lacks.
    pub(super) fn widen(&mut self, schema: &TableSchema) {
        let missing = schema.columns().iter().skip(self.columns.len());
        self.columns.extend(missing.map(|(name, definition)| GrowingColumn::new(name, *definition)));
    }

    /// Puts rows of a batch where `placement` says, over the values that their
    /// points had in `chunks`.
    pub(super) fn append(
        &mut self,
        (batch, rows): (&TableBatch, Range<usize>),
        placement: &Placement,
        chunks: &[Chunk],
    ) {
        self.times.extend(&placement.times);
        for (place, column) in self.columns.iter_mut().enumerate() {
            column.resize(self.times.len());
            for copied in &placement.copied {
                if let Some(array) = chunks.get(copied.chunk).and_then(|chunk| chunk.column(place)) {
                    column.copy(copied.target, array, copied.place);
                }
            }
            if let Some(values) = batch.column(column.name()) {
                for (row, target) in rows.clone().zip(&placement.targets) {
                    if values.validity.get(row) {
                        column.set(*target, &values.values, row);
                    }
                }
            }
        }
    }

    /// The same rows as they are kept once the chunk is full.
    pub(super) fn to_chunk(&self) -> Chunk {
        let columns = self.columns.iter().map(GrowingColumn::to_array).collect();
        Chunk::new(self.start, TimestampNanosecondArray::from(self.times.clone()), columns)
    }
}
