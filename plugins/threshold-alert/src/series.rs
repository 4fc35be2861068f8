//! Which readings belong together.

use std::collections::BTreeMap;

use tidegate_sdk::TableBatch;

use crate::crossing::Reading;
use crate::settings::Settings;

/// Sorts the readings of a batch by series, each in the order of time: rows
/// may be written in any order.
pub(crate) fn readings<'b>(batch: &'b TableBatch, settings: &Settings) -> BTreeMap<&'b str, Vec<Reading>> {
    let mut series = BTreeMap::<&str, Vec<Reading>>::new();
    let Some(field) = batch.field_column(&settings.field) else {
        return series;
    };
    let tag = batch.tag_column(&settings.tag);
    for (row, &time) in batch.times().iter().enumerate() {
        if let Some(value) = field.number(row) {
            let name = tag.and_then(|tag| tag.text(row)).unwrap_or_default();
            series.entry(name).or_default().push(Reading { time, value });
        }
    }
    series.values_mut().for_each(|readings| readings.sort_by_key(|reading| reading.time));
    series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        Settings { table: None, field: "usage".into(), threshold: 90.0, tag: "host".into() }
    }

    #[test]
    fn readings_are_sorted_by_series_and_time() {
        let batch = TableBatch::new("cpu", [3, 1, 2, 4])
            .with_tag("host", [Some("a"), Some("a"), None, Some("b")])
            .with_ints("usage", [Some(30), Some(10), Some(20), None]);

        let series = readings(&batch, &settings());

        let a = vec![Reading { time: 1, value: 10.0 }, Reading { time: 3, value: 30.0 }];
        assert_eq!(series, BTreeMap::from([("a", a), ("", vec![Reading { time: 2, value: 20.0 }])]));
    }

    #[test]
    fn a_table_without_the_field_has_no_series() {
        assert!(readings(&TableBatch::new("mem", [1]), &settings()).is_empty());
    }
}
