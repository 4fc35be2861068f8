//! One column of a result.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimeUnit, TimestampNanosecondType, UInt64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use tidegate::{Column, ColumnType, ColumnValues, DatabaseError, DatabaseErrorKind, TextBuffer, Validity};

use super::json;

/// What becomes of the columns of a type.
pub(super) fn column_type(data_type: &DataType) -> Result<ColumnType, DatabaseError> {
    Ok(match shape(data_type) {
        Shape::I64 | Shape::Nanoseconds(_) => ColumnType::I64,
        Shape::U64 => ColumnType::U64,
        Shape::F64 => ColumnType::F64,
        Shape::Boolean => ColumnType::Boolean,
        Shape::Time => ColumnType::Time,
        Shape::Text | Shape::Coded | Shape::Printed | Shape::Json | Shape::Null => ColumnType::Text,
        Shape::Packed(values) => column_type(values)?,
    })
}

/// The values of `array` under `name`.
pub(super) fn column(name: &str, array: &ArrayRef) -> Result<Column, DatabaseError> {
    let failed = |error: ArrowError| {
        let data_type = array.data_type();
        DatabaseError::new(
            DatabaseErrorKind::Invalid,
            format!("a column cannot be returned: {error} column=`{name}` type=`{data_type}`"),
        )
    };
    let values = match shape(array.data_type()) {
        Shape::Packed(values) => return column(name, &cast(array, values).map_err(failed)?),
        Shape::Coded => return coded(name, array),
        Shape::I64 => numbers::<Int64Type>(array, &[DataType::Int64]).map(ColumnValues::I64),
        Shape::Nanoseconds(unit) => numbers::<Int64Type>(array, &[unit, DataType::Int64]).map(ColumnValues::I64),
        Shape::U64 => numbers::<UInt64Type>(array, &[DataType::UInt64]).map(ColumnValues::U64),
        Shape::F64 => numbers::<Float64Type>(array, &[DataType::Float64]).map(ColumnValues::F64),
        Shape::Time => {
            let nanoseconds = DataType::Timestamp(TimeUnit::Nanosecond, None);
            numbers::<TimestampNanosecondType>(array, &[nanoseconds]).map(ColumnValues::Time)
        }
        Shape::Boolean => Ok(ColumnValues::Boolean(array.as_boolean().values().iter().collect())),
        Shape::Text => Ok(ColumnValues::Text(texts(array))),
        Shape::Printed => printed(array).map(ColumnValues::Text),
        Shape::Json => json::texts(array).map(ColumnValues::Text),
        Shape::Null => Ok(ColumnValues::Text(std::iter::repeat_n("", array.len()).collect())),
    };
    let validity = match array.logical_nulls() {
        None => Validity::all(array.len()),
        Some(nulls) => nulls.iter().collect(),
    };
    Ok(Column { name: name.into(), validity, values: values.map_err(failed)? })
}

/// How the columns of a type are returned.
enum Shape<'t> {
    I64,
    U64,
    F64,
    Boolean,
    Time,
    /// As the number of nanoseconds, by way of this type.
    Nanoseconds(DataType),
    Text,
    Coded,
    /// Other values that stand for these.
    Packed(&'t DataType),
    /// As people read them.
    Printed,
    Json,
    Null,
}

fn shape(data_type: &DataType) -> Shape<'_> {
    use DataType::*;
    match data_type {
        Int8 | Int16 | Int32 | Int64 => Shape::I64,
        UInt8 | UInt16 | UInt32 | UInt64 => Shape::U64,
        Float16 | Float32 | Float64 => Shape::F64,
        Boolean => Shape::Boolean,
        Timestamp(..) | Date32 | Date64 => Shape::Time,
        Time32(_) | Time64(_) => Shape::Nanoseconds(Time64(TimeUnit::Nanosecond)),
        Duration(_) => Shape::Nanoseconds(Duration(TimeUnit::Nanosecond)),
        Utf8 | LargeUtf8 | Utf8View => Shape::Text,
        Dictionary(_, values) if matches!(**values, Utf8 | LargeUtf8 | Utf8View) => Shape::Coded,
        Dictionary(_, values) => Shape::Packed(values),
        RunEndEncoded(_, values) => Shape::Packed(values.data_type()),
        Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..) | Interval(_) => Shape::Printed,
        Binary | LargeBinary | BinaryView | FixedSizeBinary(_) => Shape::Printed,
        List(_) | LargeList(_) | ListView(_) | LargeListView(_) | FixedSizeList(..) => Shape::Json,
        Struct(_) | Map(..) | Union(..) => Shape::Json,
        Null => Shape::Null,
    }
}

fn cast(array: &ArrayRef, to: &DataType) -> Result<ArrayRef, ArrowError> {
    // Values that do not fit are an error: made null, nobody would notice.
    cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() })
}

fn numbers<T: ArrowPrimitiveType>(array: &ArrayRef, by_way_of: &[DataType]) -> Result<Vec<T::Native>, ArrowError> {
    let mut array = ArrayRef::clone(array);
    for data_type in by_way_of {
        array = cast(&array, data_type)?;
    }
    let numbers = array.as_primitive_opt::<T>();
    let numbers = numbers.ok_or_else(|| ArrowError::CastError(format!("not an array of {}", T::DATA_TYPE)))?;
    Ok(numbers.values().to_vec())
}

fn texts(array: &dyn Array) -> TextBuffer {
    fn all<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> TextBuffer {
        texts.map(Option::unwrap_or_default).collect()
    }
    if let Some(texts) = array.as_string_opt::<i32>() {
        all(texts.iter())
    } else if let Some(texts) = array.as_string_opt::<i64>() {
        all(texts.iter())
    } else {
        array.as_string_view_opt().map(|texts| all(texts.iter())).unwrap_or_default()
    }
}

fn printed(array: &dyn Array) -> Result<TextBuffer, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    (0..array.len()).map(|row| formatter.value(row).try_to_string()).collect()
}

/// A column with only those of its dictionary's texts that stand in a row: the
/// dictionary is that of a table's chunk, and the rows may be few.
fn coded(name: &str, array: &dyn Array) -> Result<Column, DatabaseError> {
    let Some(array) = array.as_any_dictionary_opt() else {
        return Err(DatabaseError::new(DatabaseErrorKind::Invalid, format!("not a dictionary. column=`{name}`")));
    };
    let values = array.values();
    let texts = texts(values);
    let mut new_codes: Vec<Option<u32>> = vec![None; values.len()];
    let mut dictionary = TextBuffer::default();
    let mut codes = Vec::with_capacity(array.len());
    let mut validity = Validity::default();
    let keys = if values.is_empty() { vec![0; array.len()] } else { array.normalized_keys() };
    for (row, key) in keys.into_iter().enumerate() {
        let valid = array.is_valid(row) && key < values.len() && values.is_valid(key);
        validity.push(valid);
        let known = new_codes.get_mut(key).filter(|_| valid);
        codes.push(known.map_or(0, |code| {
            *code.get_or_insert_with(|| {
                dictionary.push(texts.get(key).unwrap_or_default());
                u32::try_from(dictionary.len().saturating_sub(1)).unwrap_or(u32::MAX)
            })
        }));
    }
    if dictionary.is_empty() && !codes.is_empty() {
        // Code 0 must exist, even where it means nothing.
        dictionary.push("");
    }
    Ok(Column { name: name.into(), validity, values: ColumnValues::Coded { codes, dictionary } })
}
