//! A table, as a list of its columns.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, DurationNanosecondArray, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;

/// A column: what it is called, and how its cell is told from a row.
pub(super) struct Column<R: 'static>(pub(super) &'static str, pub(super) Cell<R>);

/// How a cell is told from a row; none is null.
pub(super) enum Cell<R: 'static> {
    Text(fn(&R) -> Option<String>),
    Integer(fn(&R) -> Option<i64>),
    Unsigned(fn(&R) -> Option<u64>),
    Boolean(fn(&R) -> Option<bool>),
    /// Nanoseconds.
    Duration(fn(&R) -> Option<i64>),
    /// Nanoseconds since 1970.
    Time(fn(&R) -> Option<i64>),
}

impl<R> Cell<R> {
    fn data_type(&self) -> DataType {
        match self {
            Self::Text(_) => DataType::Utf8,
            Self::Integer(_) => DataType::Int64,
            Self::Unsigned(_) => DataType::UInt64,
            Self::Boolean(_) => DataType::Boolean,
            Self::Duration(_) => DataType::Duration(TimeUnit::Nanosecond),
            Self::Time(_) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        }
    }

    fn array(&self, rows: &[R]) -> ArrayRef {
        match self {
            Self::Text(cell) => Arc::new(rows.iter().map(cell).collect::<StringArray>()),
            Self::Integer(cell) => Arc::new(rows.iter().map(cell).collect::<Int64Array>()),
            Self::Unsigned(cell) => Arc::new(rows.iter().map(cell).collect::<UInt64Array>()),
            Self::Boolean(cell) => Arc::new(rows.iter().map(cell).collect::<BooleanArray>()),
            Self::Duration(cell) => Arc::new(rows.iter().map(cell).collect::<DurationNanosecondArray>()),
            Self::Time(cell) => Arc::new(rows.iter().map(cell).collect::<TimestampNanosecondArray>()),
        }
    }
}

/// The schema of a table with these columns.
pub(super) fn schema<R>(columns: &[Column<R>]) -> SchemaRef {
    let fields = columns.iter().map(|Column(name, cell)| Field::new(*name, cell.data_type(), true));
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

/// The rows of a table with these columns.
///
/// # Errors
/// Never, as long as each cell makes one value of a row.
pub(super) fn batch<R>(columns: &[Column<R>], rows: &[R]) -> Result<RecordBatch, ArrowError> {
    let arrays = columns.iter().map(|Column(_, cell)| cell.array(rows)).collect();
    RecordBatch::try_new(schema(columns), arrays)
}
