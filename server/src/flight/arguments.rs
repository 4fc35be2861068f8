//! The values that a client binds to the parameters of a prepared statement.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type, Schema, TimeUnit, TimestampNanosecondType, UInt64Type};
use tidegate::{Parameters, Timestamp, Value};
use tonic::Status;

use super::status;

/// The values in the one row of `batch` for the parameters that are `wanted`:
/// by name if its columns are so called, else by place.
pub(super) fn values(wanted: &Schema, batch: &RecordBatch) -> Result<Parameters, Status> {
    let (wanted, given) = (wanted.fields(), batch.num_columns());
    if wanted.len() != given {
        let expected = wanted.len();
        return Err(status::invalid(format!("too many or too few parameters. given=`{given}` expected=`{expected}`")));
    }
    if batch.num_rows() != 1 {
        return Err(one_row_only(&batch.num_rows().to_string()));
    }
    let schema = batch.schema();
    let by_name = wanted.iter().all(|parameter| schema.column_with_name(parameter.name()).is_some());
    let of = |(place, name): (usize, &String)| {
        let place = if by_name { schema.index_of(name).unwrap_or(place) } else { place };
        Ok((name.clone(), value(batch.column(place), name)?))
    };
    wanted.iter().map(|parameter| parameter.name()).enumerate().map(of).collect()
}

/// Refuses another number of rows than one.
pub(super) fn one_row_only(rows: &str) -> Status {
    status::invalid(format!("a statement runs for one row of parameters at a time. rows=`{rows}`"))
}

/// The first value of a column.
fn value(column: &ArrayRef, name: &str) -> Result<Value, Status> {
    let kind = column.data_type();
    if kind.is_null() || column.is_null(0) {
        return Ok(Value::Null);
    }
    let unsupported =
        || status::invalid(format!("a parameter cannot be of this type. parameter=`{name}` type=`{kind}`"));
    let column = |target: DataType| {
        // What does not fit becomes nothing.
        cast(column, &target).ok().filter(|column| column.is_valid(0)).ok_or_else(unsupported)
    };
    if let DataType::Dictionary(_, values) = kind {
        value(&column(DataType::clone(values))?, name)
    } else if matches!(kind, DataType::Boolean) {
        Ok(Value::Boolean(column(DataType::Boolean)?.as_boolean().value(0)))
    } else if kind.is_signed_integer() {
        Ok(Value::I64(column(DataType::Int64)?.as_primitive::<Int64Type>().value(0)))
    } else if kind.is_unsigned_integer() {
        Ok(Value::U64(column(DataType::UInt64)?.as_primitive::<UInt64Type>().value(0)))
    } else if kind.is_floating() || kind.is_decimal() {
        Ok(Value::F64(column(DataType::Float64)?.as_primitive::<Float64Type>().value(0)))
    } else if kind.is_string() {
        Ok(Value::Text(column(DataType::Utf8)?.as_string::<i32>().value(0).to_owned()))
    } else if matches!(kind, DataType::Timestamp(..) | DataType::Date32 | DataType::Date64) {
        let times = column(DataType::Timestamp(TimeUnit::Nanosecond, None))?;
        Ok(Value::Time(Timestamp(times.as_primitive::<TimestampNanosecondType>().value(0))))
    } else {
        Err(unsupported())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        BinaryArray, Date32Array, DictionaryArray, Float32Array, Int8Array, Int64Array, LargeStringArray, NullArray,
        StringArray, TimestampSecondArray, UInt16Array,
    };
    use arrow::datatypes::{Field, Int32Type};
    use std::sync::Arc;

    fn bound(wanted: &[&str], given: Vec<(&str, ArrayRef)>) -> Result<Parameters, String> {
        let wanted = Schema::new(wanted.iter().map(|name| Field::new(*name, DataType::Null, true)).collect::<Vec<_>>());
        let batch = RecordBatch::try_from_iter(given).unwrap();
        values(&wanted, &batch).map_err(|status| status.message().to_owned())
    }

    fn integer(value: i64) -> ArrayRef {
        Arc::new(Int64Array::from(vec![value]))
    }

    #[test]
    fn values_are_bound_by_name_if_they_have_the_names_and_else_by_place() {
        let expected: Parameters = [("a".to_owned(), Value::I64(1)), ("b".to_owned(), Value::I64(2))].into();
        assert_eq!(bound(&["a", "b"], vec![("b", integer(2)), ("a", integer(1))]).unwrap(), expected);
        assert_eq!(bound(&["a", "b"], vec![("0", integer(1)), ("1", integer(2))]).unwrap(), expected);
    }

    #[test]
    fn values_keep_what_they_are() {
        for (array, expected) in [
            (Arc::new(NullArray::new(1)) as ArrayRef, Value::Null),
            (Arc::new(Int64Array::from(vec![None])), Value::Null),
            (Arc::new(Int8Array::from(vec![-1])), Value::I64(-1)),
            (Arc::new(UInt16Array::from(vec![1])), Value::U64(1)),
            (Arc::new(Float32Array::from(vec![0.5])), Value::F64(0.5)),
            (Arc::new(LargeStringArray::from(vec!["x"])), Value::Text("x".into())),
            (Arc::new(DictionaryArray::<Int32Type>::from_iter(["x"])), Value::Text("x".into())),
            (Arc::new(TimestampSecondArray::from(vec![1])), Value::Time(Timestamp(1_000_000_000))),
            (Arc::new(Date32Array::from(vec![1])), Value::Time(Timestamp(86_400_000_000_000))),
        ] {
            assert_eq!(bound(&["a"], vec![("a", array)]).unwrap()["a"], expected);
        }
    }

    #[test]
    fn what_cannot_be_bound_is_told_why() {
        for (given, reason) in [
            (vec![("a", integer(1)), ("b", integer(1))], "given=`2` expected=`1`"),
            (vec![("a", Arc::new(StringArray::from(vec!["x", "y"])) as ArrayRef)], "one row of parameters at a time"),
            (vec![("a", Arc::new(BinaryArray::from(vec![&b"x"[..]])))], "parameter=`a` type=`Binary`"),
            (vec![("a", Arc::new(TimestampSecondArray::from(vec![i64::MAX])))], "type=`Timestamp(s)`"),
        ] {
            let error = bound(&["a"], given).unwrap_err();
            assert!(error.contains(reason), "{error}");
        }
    }
}
