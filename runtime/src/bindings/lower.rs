//! What the host says, in the guest's words. Nothing here can fail.

use super::generated::exports::tidegate::plugin::on_request;
use super::generated::tidegate::plugin::{cache, query, types, write};
use crate::cache::{CacheEncoding, CacheEntry, CacheRefusal};
use crate::database::{ColumnDescription, ColumnType, DatabaseError, DatabaseErrorKind};
use crate::model::{Column, ColumnKind, ColumnValues, Request, TableBatch, TableColumn, TextBuffer};

#[cfg(target_endian = "big")]
compile_error!("columns cross the boundary as they lie in memory, which must be little-endian");

/// The columns of each batch, lent.
pub(super) fn columns(batches: &[TableBatch]) -> Vec<Vec<types::TableColumn<'_>>> {
    batches.iter().map(|batch| batch.columns().iter().map(table_column).collect()).collect()
}

/// The batches around `columns`.
pub(super) fn batches<'a>(
    batches: &'a [TableBatch],
    columns: &'a [Vec<types::TableColumn<'a>>],
) -> Vec<types::TableBatch<'a>> {
    batches
        .iter()
        .zip(columns)
        .map(|(batch, columns)| types::TableBatch {
            table: batch.table().as_str(),
            // An event holds far fewer rows than this has room for.
            rows: u32::try_from(batch.rows()).unwrap_or(u32::MAX),
            columns,
        })
        .collect()
}

fn table_column(column: &TableColumn) -> types::TableColumn<'_> {
    let kind = match column.kind {
        ColumnKind::Tag => types::ColumnKind::Tag,
        ColumnKind::Field => types::ColumnKind::Field,
        ColumnKind::Time => types::ColumnKind::Time,
    };
    let column = &column.column;
    let values = match &column.values {
        ColumnValues::I64(values) => types::ColumnValuesParam::I64(bytemuck::cast_slice(values)),
        ColumnValues::U64(values) => types::ColumnValuesParam::U64(bytemuck::cast_slice(values)),
        ColumnValues::F64(values) => types::ColumnValuesParam::F64(bytemuck::cast_slice(values)),
        ColumnValues::Boolean(values) => types::ColumnValuesParam::Boolean(bytemuck::cast_slice(values)),
        ColumnValues::Time(values) => types::ColumnValuesParam::Time(bytemuck::cast_slice(values)),
        ColumnValues::Text(values) => types::ColumnValuesParam::Text(text(values)),
        ColumnValues::Coded { codes, dictionary } => types::ColumnValuesParam::Coded(types::CodedTextParam {
            codes: bytemuck::cast_slice(codes),
            dictionary: text(dictionary),
        }),
    };
    let column = types::ColumnParam { name: &column.name, validity: column.validity.bytes(), values };
    types::TableColumn { kind, column }
}

fn text(text: &TextBuffer) -> types::TextBufferParam<'_> {
    types::TextBufferParam { offsets: bytemuck::cast_slice(text.offsets()), bytes: text.bytes() }
}

/// Names and values, lent.
pub(super) fn pairs(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// A request around its lent `query` and `headers`.
pub(super) fn request<'a>(
    request: &'a Request,
    query: &'a [(&'a str, &'a str)],
    headers: &'a [(&'a str, &'a str)],
) -> on_request::Request<'a> {
    on_request::Request { method: &request.method, path: &request.path, query, headers, body: &request.body }
}

impl From<&Column> for types::ColumnResult {
    fn from(column: &Column) -> Self {
        let values = match &column.values {
            ColumnValues::I64(values) => types::ColumnValuesResult::I64(bytemuck::cast_slice(values).to_vec()),
            ColumnValues::U64(values) => types::ColumnValuesResult::U64(bytemuck::cast_slice(values).to_vec()),
            ColumnValues::F64(values) => types::ColumnValuesResult::F64(bytemuck::cast_slice(values).to_vec()),
            ColumnValues::Boolean(values) => types::ColumnValuesResult::Boolean(bytemuck::cast_slice(values).to_vec()),
            ColumnValues::Time(values) => types::ColumnValuesResult::Time(bytemuck::cast_slice(values).to_vec()),
            ColumnValues::Text(values) => types::ColumnValuesResult::Text(values.into()),
            ColumnValues::Coded { codes, dictionary } => types::ColumnValuesResult::Coded(types::CodedTextResult {
                codes: bytemuck::cast_slice(codes).to_vec(),
                dictionary: dictionary.into(),
            }),
        };
        Self { name: column.name.to_string(), validity: column.validity.bytes().to_vec(), values }
    }
}

impl From<&TextBuffer> for types::TextBufferResult {
    fn from(text: &TextBuffer) -> Self {
        Self { offsets: bytemuck::cast_slice(text.offsets()).to_vec(), bytes: text.bytes().to_vec() }
    }
}

impl From<&ColumnDescription> for query::ColumnDescription {
    fn from(column: &ColumnDescription) -> Self {
        let column_type = match column.column_type {
            ColumnType::I64 => query::ColumnType::I64,
            ColumnType::U64 => query::ColumnType::U64,
            ColumnType::F64 => query::ColumnType::F64,
            ColumnType::Boolean => query::ColumnType::Boolean,
            ColumnType::Text => query::ColumnType::Text,
            ColumnType::Time => query::ColumnType::Time,
        };
        Self { name: column.name.clone(), column_type, database_type: column.database_type.clone() }
    }
}

impl From<DatabaseError> for query::QueryError {
    fn from(error: DatabaseError) -> Self {
        match error.kind {
            DatabaseErrorKind::Invalid | DatabaseErrorKind::NotFound | DatabaseErrorKind::NotSupported => {
                Self::Invalid(error.message)
            }
            DatabaseErrorKind::Unavailable => Self::Unavailable(error.message),
        }
    }
}

impl From<DatabaseError> for write::WriteError {
    fn from(error: DatabaseError) -> Self {
        match error.kind {
            DatabaseErrorKind::Invalid | DatabaseErrorKind::NotFound | DatabaseErrorKind::NotSupported => {
                Self::Invalid(error.message)
            }
            DatabaseErrorKind::Unavailable => Self::Unavailable(error.message),
        }
    }
}

impl From<CacheRefusal> for cache::CacheError {
    fn from(refusal: CacheRefusal) -> Self {
        match refusal {
            CacheRefusal::Invalid(message) => Self::Invalid(message),
            CacheRefusal::Full(message) => Self::Full(message),
        }
    }
}

impl From<CacheEntry> for cache::Entry {
    fn from(entry: CacheEntry) -> Self {
        let encoding = match entry.encoding {
            CacheEncoding::Cbor => cache::Encoding::Cbor,
            CacheEncoding::Pickle => cache::Encoding::Pickle,
            CacheEncoding::Raw => cache::Encoding::Raw,
        };
        Self { encoding, bytes: entry.bytes.to_vec() }
    }
}
