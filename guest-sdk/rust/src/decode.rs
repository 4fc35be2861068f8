//! The host's buffers, checked once and turned into columns that cannot be
//! wrong.

use std::fmt;

use crate::batch::TableBatch;
use crate::bindings::imports::tidegate::plugin::types as wit;
use crate::column::{Column, Values};
use crate::presence::Presence;
use crate::text::{Strings, Text};

/// The host broke its word about some data. Not the plugin's fault.
#[derive(Debug, PartialEq)]
pub(crate) struct Malformed {
    column: String,
    reason: &'static str,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the host sent a column that is malformed: {}. column=`{}`", self.reason, self.column)
    }
}

impl std::error::Error for Malformed {}

/// Turns the host's buffers into rows of a table.
pub(crate) fn batch(batch: wit::TableBatch) -> Result<TableBatch, Malformed> {
    let rows = size(batch.rows);
    let (mut tags, mut fields, mut times) = (vec![], vec![], None);
    for wit::TableColumn { kind, column } in batch.columns {
        let column = decode(column, rows)?;
        match (kind, &column.values) {
            (wit::ColumnKind::Tag, Values::Text(_)) => tags.push(column),
            (wit::ColumnKind::Tag, _) => return Err(column.malformed("a tag is not text")),
            (wit::ColumnKind::Field, _) => fields.push(column),
            (wit::ColumnKind::Time, Values::Time(values)) if times.is_none() => {
                times = Some(values.clone());
            }
            (wit::ColumnKind::Time, _) => {
                return Err(column.malformed("not the one time of its rows"));
            }
        }
    }
    let no_time = Malformed { column: "time".into(), reason: "missing" };
    Ok(TableBatch { name: batch.table, tags, fields, times: times.ok_or(no_time)? })
}

impl Column {
    fn malformed(self, reason: &'static str) -> Malformed {
        Malformed { column: self.name, reason }
    }
}

/// Counts the rows that a column seems to have, to measure its neighbours by.
pub(crate) fn rows(column: &wit::Column) -> usize {
    match &column.values {
        wit::ColumnValues::I64(bytes)
        | wit::ColumnValues::U64(bytes)
        | wit::ColumnValues::F64(bytes)
        | wit::ColumnValues::Time(bytes) => bytes.len() / 8,
        wit::ColumnValues::Boolean(bytes) => bytes.len(),
        wit::ColumnValues::Text(buffer) => (buffer.offsets.len() / 4).saturating_sub(1),
        wit::ColumnValues::Coded(text) => text.codes.len() / 4,
    }
}

/// Turns the host's buffers into a column of so many rows.
pub(crate) fn decode(column: wit::Column, rows: usize) -> Result<Column, Malformed> {
    let wit::Column { name, validity, values } = column;
    let decoded = Presence::new(validity, rows)
        .ok_or("too few validity bits")
        .and_then(|presence| Ok((decode_values(values, rows, &presence)?, presence)));
    match decoded {
        Ok((values, presence)) => Ok(Column { name, presence, values }),
        Err(reason) => Err(Malformed { column: name, reason }),
    }
}

fn decode_values(values: wit::ColumnValues, rows: usize, presence: &Presence) -> Result<Values, &'static str> {
    let values = match values {
        wit::ColumnValues::I64(bytes) => Values::Int(numbers(&bytes, rows, i64::from_le_bytes)?),
        wit::ColumnValues::U64(bytes) => Values::Uint(numbers(&bytes, rows, u64::from_le_bytes)?),
        wit::ColumnValues::F64(bytes) => Values::Float(numbers(&bytes, rows, f64::from_le_bytes)?),
        wit::ColumnValues::Time(bytes) => Values::Time(numbers(&bytes, rows, i64::from_le_bytes)?),
        wit::ColumnValues::Boolean(bytes) => Values::Bool(numbers(&bytes, rows, |[byte]| byte != 0)?),
        wit::ColumnValues::Text(buffer) => {
            let strings = strings(buffer)?;
            if strings.len() != rows {
                return Err("not one value a row");
            }
            Values::Text(Text::plain(strings))
        }
        wit::ColumnValues::Coded(text) => {
            let codes = numbers(&text.codes, rows, u32::from_le_bytes)?;
            let dictionary = strings(text.dictionary)?;
            // The code of an absent value means nothing, so it may be anything.
            let stray = |(row, code): (usize, &u32)| presence.has(row) && size(*code) >= dictionary.len();
            if codes.iter().enumerate().any(stray) {
                return Err("a code is not in the dictionary");
            }
            Values::Text(Text::coded(codes, dictionary))
        }
    };
    Ok(values)
}

fn numbers<T, const WIDTH: usize>(
    bytes: &[u8],
    rows: usize,
    read: impl Fn([u8; WIDTH]) -> T,
) -> Result<Vec<T>, &'static str> {
    match bytes.as_chunks::<WIDTH>() {
        (chunks, []) if chunks.len() == rows => Ok(chunks.iter().map(|chunk| read(*chunk)).collect()),
        _ => Err("not one value a row"),
    }
}

fn strings(buffer: wit::TextBuffer) -> Result<Strings, &'static str> {
    let offsets = buffer.offsets.len() / 4;
    let offsets = numbers(&buffer.offsets, offsets, |offset| size(u32::from_le_bytes(offset)))?;
    let [0, ends @ ..] = offsets.as_slice() else {
        return Err("text does not start at offset 0");
    };
    let text = String::from_utf8(buffer.bytes).map_err(|_| "text is not UTF-8")?;
    Strings::new(ends.to_vec(), text).ok_or("text offsets do not fit the text")
}

/// A `u32` as a size: exact wherever this runs, and never too small elsewhere.
fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
