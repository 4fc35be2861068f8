use super::*;

fn words(values: &[i64]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn codes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn buffer(offsets: &[u32], text: &[u8]) -> wit::TextBuffer {
    wit::TextBuffer { offsets: codes(offsets), bytes: text.to_vec() }
}

fn column(name: &str, values: wit::ColumnValues) -> wit::Column {
    wit::Column { name: name.into(), validity: vec![], values }
}

fn batch(columns: Vec<(wit::ColumnKind, wit::Column)>) -> wit::TableBatch {
    let columns = columns.into_iter().map(|(kind, column)| wit::TableColumn { kind, column }).collect();
    wit::TableBatch { table: "cpu".into(), rows: 2, columns }
}

fn time() -> (wit::ColumnKind, wit::Column) {
    (wit::ColumnKind::Time, column("time", wit::ColumnValues::Time(words(&[1, 2]))))
}

fn host() -> (wit::ColumnKind, wit::Column) {
    let text = wit::CodedText { codes: codes(&[0, 0]), dictionary: buffer(&[0, 1], b"a") };
    (wit::ColumnKind::Tag, column("host", wit::ColumnValues::Coded(text)))
}

/// What is wrong with a batch of `time` and this field.
fn reason(values: wit::ColumnValues) -> &'static str {
    let field = (wit::ColumnKind::Field, column("f", values));
    super::batch(batch(vec![field, time()])).unwrap_err().reason
}

#[test]
fn buffers_become_typed_columns() {
    let mut usage = column("usage", wit::ColumnValues::I64(words(&[i64::MIN, 0])));
    usage.validity = vec![0b01];

    let batch = super::batch(batch(vec![host(), (wit::ColumnKind::Field, usage), time()])).unwrap();

    let rows: Vec<_> = batch.rows().map(|row| (row.tag("host"), row.int("usage"), row.time())).collect();
    assert_eq!(rows, [(Some("a"), Some(i64::MIN), 1), (Some("a"), None, 2)]);
}

#[test]
fn all_types_are_read() {
    let field = |name, values| (wit::ColumnKind::Field, column(name, values));
    let columns = vec![
        field("u", wit::ColumnValues::U64(words(&[-1, 0]))),
        field("f", wit::ColumnValues::F64([1.5f64, 0.0].iter().flat_map(|f| f.to_le_bytes()).collect())),
        field("b", wit::ColumnValues::Boolean(vec![1, 0])),
        field("t", wit::ColumnValues::Text(buffer(&[0, 2, 2], "ß".as_bytes()))),
        field("at", wit::ColumnValues::Time(words(&[7, 8]))),
        time(),
    ];

    let batch = super::batch(batch(columns)).unwrap();

    let row = batch.rows().next().unwrap();
    assert_eq!((row.uint("u"), row.float("f"), row.bool("b")), (Some(u64::MAX), Some(1.5), Some(true)));
    assert_eq!((row.text("t"), row.timestamp("at")), (Some("ß"), Some(7)));
}

#[test]
fn ragged_columns_are_refused() {
    assert_eq!(reason(wit::ColumnValues::I64(words(&[1]))), "not one value a row");
    assert_eq!(reason(wit::ColumnValues::F64(vec![0; 17])), "not one value a row");
    assert_eq!(reason(wit::ColumnValues::Boolean(vec![0; 3])), "not one value a row");
    assert_eq!(reason(wit::ColumnValues::Text(buffer(&[0, 1], b"a"))), "not one value a row");
}

#[test]
fn text_that_does_not_fit_its_offsets_is_refused() {
    assert_eq!(reason(wit::ColumnValues::Text(buffer(&[0, 1, 9], b"ab"))), "text offsets do not fit the text");
    assert_eq!(reason(wit::ColumnValues::Text(buffer(&[0, 1, 2], &[0xff, 0xff]))), "text is not UTF-8");
    assert_eq!(reason(wit::ColumnValues::Text(buffer(&[], b""))), "text does not start at offset 0");
}

#[test]
fn a_code_outside_the_dictionary_is_refused_unless_its_row_is_absent() {
    let text = || wit::CodedText { codes: codes(&[0, 0]), dictionary: buffer(&[0], b"") };
    let mut absent = column("host", wit::ColumnValues::Coded(text()));
    absent.validity = vec![0];

    assert_eq!(reason(wit::ColumnValues::Coded(text())), "a code is not in the dictionary");
    assert!(super::batch(batch(vec![(wit::ColumnKind::Tag, absent), time()])).is_ok());
}

#[test]
fn a_batch_without_its_time_is_refused() {
    let error = super::batch(batch(vec![host()])).unwrap_err();

    assert_eq!(error.to_string(), "the host sent a column that is malformed: missing. column=`time`");
}

#[test]
fn a_batch_with_two_times_is_refused() {
    assert!(super::batch(batch(vec![time(), time()])).is_err());
}

#[test]
fn missing_validity_bits_are_refused() {
    let mut usage = column("usage", wit::ColumnValues::I64(words(&[0; 9])));
    usage.validity = vec![0xff];

    assert_eq!(decode(usage, 9).unwrap_err().reason, "too few validity bits");
}
