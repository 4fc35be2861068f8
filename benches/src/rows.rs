//! The rows that everything is fed with; native.py makes the same ones.

use tidegate::{Column, ColumnKind, ColumnValues, Event, TableBatch, TableColumn, TableName, TextBuffer};

const HOSTS: u32 = 100;
const START: i64 = 1_767_225_600_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// Rows with a tag, a field and a time, as triggers get them.
pub(crate) fn event(rows: u32) -> Event {
    let column = |kind, name, values| TableColumn { kind, column: Column::full(name, values) };
    let hosts = ColumnValues::Coded {
        codes: (0..rows).map(|row| row % HOSTS).collect(),
        dictionary: (0..HOSTS).map(name).collect::<TextBuffer>(),
    };
    let columns = vec![
        column(ColumnKind::Tag, "host", hosts),
        column(ColumnKind::Field, "usage", ColumnValues::F64((0..rows).map(usage).collect())),
        column(ColumnKind::Time, "time", ColumnValues::Time((0..rows).map(time).collect())),
    ];
    let batch = TableBatch::new(TableName::new("cpu").unwrap(), columns);
    Event::Write(vec![batch.unwrap()])
}

/// The same rows as the SDK hands them to a plugin.
pub(crate) fn batch(rows: u32) -> tidegate_sdk::TableBatch {
    let hosts: Vec<_> = (0..HOSTS).map(name).collect();
    let hosts = hosts.iter().map(String::as_str).cycle();
    tidegate_sdk::TableBatch::new("cpu", (0..rows).map(time))
        .with_tag("host", hosts.map(Some).take(rows.try_into().unwrap()))
        .with_floats("usage", (0..rows).map(|row| Some(usage(row))))
}

fn name(host: u32) -> String {
    format!("host-{host}")
}

fn usage(row: u32) -> f64 {
    f64::from(row % 1_000) / 10.0
}

fn time(row: u32) -> i64 {
    START + i64::from(row) * SECOND
}
