use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::compute::concat_batches;
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use proptest::prelude::*;

use super::*;
use crate::fixture::{database, options};
use crate::staging::{KnownSchema, stage};
use crate::write::Partial;

struct SchemaOf<'t>(&'t Table);

impl KnownSchema for SchemaOf<'_> {
    fn table(&self, _: &tidegate::DatabaseId, _: &str) -> Option<Arc<TableSchema>> {
        Some(Arc::clone(self.0.schema()))
    }

    fn table_count(&self, _: &tidegate::DatabaseId) -> usize {
        1
    }
}

fn write(table: &mut Table, lines: &str) {
    let staged = stage(&database(), lines, options(Partial::Reject), &SchemaOf(table));
    assert_eq!(staged.rejected, []);
    staged.batches.iter().for_each(|staged| table.append(&staged.batch));
}

/// A point's tags and time, and its fields: a number and a text.
type Points = BTreeMap<(Option<String>, Option<String>, i64), (Option<i64>, Option<String>)>;

fn points(table: &mut Table) -> Points {
    let rows = table.rows();
    let schema = table.schema().arrow();
    let batch = concat_batches(schema, rows.iter().map(|rows| &rows.batch)).unwrap();
    let text = |name: &str, row: usize| {
        let array = arrow::compute::cast(batch.column_by_name(name)?, &arrow::datatypes::DataType::Utf8).unwrap();
        array.is_valid(row).then(|| array.as_string::<i32>().value(row).to_owned())
    };
    let number = |row: usize| {
        let array = batch.column_by_name("number")?.as_primitive::<Int64Type>();
        arrow::array::Array::is_valid(array, row).then(|| array.value(row))
    };
    let times = batch.column_by_name("time").unwrap().as_primitive::<TimestampNanosecondType>();
    let point = |row| ((text("a", row), text("b", row), times.value(row)), (number(row), text("text", row)));
    let points: Points = (0..batch.num_rows()).map(point).collect();
    assert_eq!(points.len(), batch.num_rows(), "a point is there twice");
    points
}

#[derive(Debug, Clone)]
struct Write {
    a: Option<u8>,
    b: Option<u8>,
    time: i64,
    number: Option<i64>,
    text: Option<u16>,
}

fn write_strategy() -> impl Strategy<Value = Write> {
    let optional = || proptest::option::of(0..3_u8);
    let fields = (proptest::option::of(any::<i64>()), proptest::option::of(any::<u16>()));
    (optional(), optional(), 0..6_i64, fields).prop_map(|(a, b, time, (number, text))| {
        let number = if text.is_none() { number.or(Some(0)) } else { number };
        Write { a, b, time, number, text }
    })
}

impl Write {
    fn line(&self) -> String {
        let tag = |name: &str, value: Option<u8>| value.map_or(String::new(), |value| format!(",{name}=x{value}"));
        let fields =
            [self.number.map(|number| format!("number={number}i")), self.text.map(|text| format!("text=\"{text}\""))];
        let fields: Vec<_> = fields.into_iter().flatten().collect();
        format!("t{}{} {} {}\n", tag("a", self.a), tag("b", self.b), fields.join(","), self.time)
    }

    fn apply(&self, model: &mut Points) {
        let tag = |value: Option<u8>| value.map(|value| format!("x{value}"));
        let fields = model.entry((tag(self.a), tag(self.b), self.time)).or_default();
        fields.0 = self.number.or(fields.0);
        fields.1 = self.text.map(|text| text.to_string()).or(fields.1.take());
    }
}

proptest! {
    #[test]
    fn a_table_is_a_map_of_points(
        writes in proptest::collection::vec(proptest::collection::vec(write_strategy(), 1..8), 1..20),
        seals in proptest::collection::vec(any::<bool>(), 20),
    ) {
        let (mut table, mut model) = (Table::default(), Points::new());
        for (lines, seal) in writes.iter().zip(seals) {
            let text: String = lines.iter().map(Write::line).collect();
            write(&mut table, &text);
            lines.iter().for_each(|line| line.apply(&mut model));
            if seal {
                table.seal();
            }
            prop_assert_eq!(&points(&mut table), &model);
        }
    }
}

#[test]
fn a_full_chunk_is_followed_by_another() {
    let mut table = Table::default();
    let lines: String = (0..40_000).map(|n| format!("t number={n}i {n}\n")).collect();
    write(&mut table, &lines);
    let rows: Vec<_> = table.rows().iter().map(|rows| (rows.batch.num_rows(), rows.first, rows.last)).collect();
    assert_eq!(rows, [(16_384, 0, 16_383), (16_384, 16_384, 32_767), (7_232, 32_768, 39_999)]);
}

#[test]
fn overwriting_takes_no_memory() {
    let mut table = Table::default();
    for round in 0..5 {
        let lines: String = (0..20_000).map(|n| format!("t number={round}i {n}\n")).collect();
        write(&mut table, &lines);
    }
    let rows: usize = table.rows().iter().map(|rows| rows.batch.num_rows()).sum();
    assert_eq!(rows, 20_000);
    assert!(table.chunks.len() <= 4, "{}", table.chunks.len());
}

#[test]
fn a_point_that_is_written_over_and_over_stays_in_place() {
    let mut table = Table::default();
    let lines: String = (0..20_000).map(|n| format!("t number={n}i 1\n")).collect();
    write(&mut table, &lines);
    assert_eq!((table.chunks.len(), table.growing.rows()), (0, 1));
}
