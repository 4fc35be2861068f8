use std::sync::Arc;

use arrow::array::*;
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Field, Fields, Int8Type, Int32Type, IntervalMonthDayNano, IntervalUnit, TimeUnit, UInt16Type, UnionFields,
};
use tidegate::{ColumnType, ColumnValues, Validity};

use super::column::{column, column_type};

fn values(array: impl Array + 'static) -> ColumnValues {
    let array: ArrayRef = Arc::new(array);
    column_type(array.data_type()).unwrap();
    column("c", &array).unwrap().values
}

fn texts(array: impl Array + 'static) -> Vec<String> {
    let values = values(array);
    (0..values.len()).map(|row| values.text(row).unwrap().to_owned()).collect()
}

#[test]
fn numbers_are_widened() {
    assert_eq!(values(Int8Array::from(vec![-1])), ColumnValues::I64(vec![-1]));
    assert_eq!(values(Int32Array::from(vec![7])), ColumnValues::I64(vec![7]));
    assert_eq!(values(UInt16Array::from(vec![7])), ColumnValues::U64(vec![7]));
    assert_eq!(values(UInt64Array::from(vec![u64::MAX])), ColumnValues::U64(vec![u64::MAX]));
    assert_eq!(values(Float32Array::from(vec![0.5])), ColumnValues::F64(vec![0.5]));
    assert_eq!(values(BooleanArray::from(vec![true, false])), ColumnValues::Boolean(vec![true, false]));
}

#[test]
fn times_are_in_nanoseconds() {
    assert_eq!(
        values(TimestampSecondArray::from(vec![2]).with_timezone("+02:00")),
        ColumnValues::Time(vec![2_000_000_000])
    );
    assert_eq!(values(TimestampMicrosecondArray::from(vec![2])), ColumnValues::Time(vec![2_000]));
    assert_eq!(values(Date32Array::from(vec![1])), ColumnValues::Time(vec![86_400_000_000_000]));
    assert_eq!(values(Date64Array::from(vec![1])), ColumnValues::Time(vec![1_000_000]));
    assert_eq!(values(Time32SecondArray::from(vec![1])), ColumnValues::I64(vec![1_000_000_000]));
    assert_eq!(values(Time64MicrosecondArray::from(vec![1])), ColumnValues::I64(vec![1_000]));
    assert_eq!(values(DurationMillisecondArray::from(vec![1])), ColumnValues::I64(vec![1_000_000]));
}

#[test]
fn a_time_that_does_not_fit_is_an_error() {
    let array: ArrayRef = Arc::new(TimestampSecondArray::from(vec![i64::MAX]));
    let error = column("c", &array).unwrap_err().to_string();
    assert!(
        error.starts_with("a column cannot be returned: ") && error.ends_with(" column=`c` type=`Timestamp(s)`"),
        "{error}"
    );
}

#[test]
fn text_of_every_kind_is_text() {
    assert_eq!(texts(StringArray::from(vec!["a", "ä"])), ["a", "ä"]);
    assert_eq!(texts(LargeStringArray::from(vec!["a"])), ["a"]);
    assert_eq!(texts(StringViewArray::from(vec!["a text of some length"])), ["a text of some length"]);
    assert_eq!(texts(Decimal128Array::from(vec![12_345]).with_precision_and_scale(10, 2).unwrap()), ["123.45"]);
    assert_eq!(texts(BinaryArray::from(vec![&b"\x00\xff"[..]])), ["00ff"]);
    assert_eq!(texts(IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 2, 0)])), ["1 mons 2 days"]);
}

#[test]
fn absent_values_stay_absent() {
    let array: ArrayRef = Arc::new(Int16Array::from(vec![Some(1), None]));
    assert_eq!(column("c", &array).unwrap().validity, [true, false].into_iter().collect());
    let array: ArrayRef = Arc::new(NullArray::new(2));
    let nothing = column("c", &array).unwrap();
    assert_eq!((nothing.validity, nothing.values.len()), ([false, false].into_iter().collect(), 2));
    assert_eq!(column_type(&DataType::Null).unwrap(), ColumnType::Text);
}

#[test]
fn a_dictionary_of_texts_keeps_only_what_is_used() {
    let array: DictionaryArray<Int8Type> = vec![Some("a"), None, Some("b"), Some("a")].into_iter().collect();
    let array: ArrayRef = Arc::new(array);
    let coded = column("c", &array.slice(1, 2)).unwrap();
    assert_eq!(coded.validity, [false, true].into_iter().collect());
    let ColumnValues::Coded { codes, dictionary } = coded.values else { panic!() };
    assert_eq!((codes, dictionary.iter().collect::<Vec<_>>()), (vec![0, 0], vec!["b"]));
}

#[test]
fn a_dictionary_without_a_text_is_empty_but_sound() {
    let array: DictionaryArray<UInt16Type> = vec![None::<&str>, None].into_iter().collect();
    let array: ArrayRef = Arc::new(array);
    let coded = column("c", &array).unwrap();
    assert_eq!(coded.validity, [false, false].into_iter().collect());
    assert_eq!((coded.values.len(), coded.values.text(0)), (2, Some("")));
}

#[test]
fn other_dictionaries_are_unpacked() {
    let array =
        DictionaryArray::<Int32Type>::try_new(vec![1, 0].into(), Arc::new(Int16Array::from(vec![10, 20]))).unwrap();
    assert_eq!(values(array), ColumnValues::I64(vec![20, 10]));
    let ends = PrimitiveArray::<Int32Type>::from(vec![2, 3]);
    let runs = RunArray::<Int32Type>::try_new(&ends, &StringArray::from(vec!["a", "b"])).unwrap();
    assert_eq!(texts(runs), ["a", "a", "b"]);
}

#[test]
fn nested_values_are_json() {
    let list = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), None]);
    let array: ArrayRef = Arc::new(list);
    let lists = column("c", &array).unwrap();
    assert_eq!((lists.values.text(0), lists.validity), (Some("[1,null]"), Validity::from_iter([true, false])));

    let fields = Fields::from(vec![
        Field::new("n", DataType::Float64, true),
        Field::new("t", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
    ]);
    let columns: Vec<ArrayRef> =
        vec![Arc::new(Float64Array::from(vec![0.5])), Arc::new(TimestampNanosecondArray::from(vec![1]))];
    let array = StructArray::new(fields, columns, None);
    assert_eq!(texts(array), ["{\"n\":0.5,\"t\":\"1970-01-01T00:00:00.000000001\"}"]);

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("k");
    map.values().append_value(1);
    map.append(true).unwrap();
    assert_eq!(texts(map.finish()), ["{\"k\":1}"]);

    let fields =
        UnionFields::try_new([0, 1], [Field::new("n", DataType::Int64, true), Field::new("s", DataType::Utf8, true)])
            .unwrap();
    let children: Vec<ArrayRef> = vec![Arc::new(Int64Array::from(vec![1])), Arc::new(StringArray::from(vec!["x"]))];
    let union = UnionArray::try_new(fields, vec![0, 1].into(), Some(ScalarBuffer::from(vec![0, 0])), children).unwrap();
    assert_eq!(texts(union), ["1", "\"x\""]);
}

#[test]
fn what_has_no_json_is_an_error_that_names_its_type() {
    let field = Arc::new(Field::new("item", DataType::Interval(IntervalUnit::MonthDayNano), true));
    let values = IntervalMonthDayNanoArray::from(vec![IntervalMonthDayNano::new(1, 0, 0)]);
    let array: ArrayRef = Arc::new(ListArray::new(field, OffsetBuffer::from_lengths([1]), Arc::new(values), None));
    match column("c", &array) {
        Ok(column) => assert!(column.values.text(0).unwrap().starts_with('[')),
        Err(error) => assert!(error.to_string().contains("type=`List("), "{error}"),
    }
}
