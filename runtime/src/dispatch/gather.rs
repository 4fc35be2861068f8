//! Makes one event of what a trigger reads from the log. Pure.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::database::LogRows;
use crate::model::{Event, OwnWrites, TableBatch, Trigger};

/// Rows at this depth are not delivered: they come from a loop of triggers.
const MAX_DEPTH: u8 = 4;

/// What of some rows a trigger is given.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    /// The rows, if there are any for it.
    pub(super) event: Option<Event>,
    /// How far its run is from a row that came from outside.
    pub(super) depth: u8,
    /// How many rows were left out because they come from a loop.
    pub(super) undelivered: usize,
}

/// Gathers the rows that `trigger` is given: one batch a table, in log order.
pub(super) fn gather(trigger: &Trigger, rows: Vec<LogRows>) -> Gathered {
    let mut gathered = Gathered::default();
    let mut tables = Vec::new();
    let mut numbers = BTreeMap::new();
    for rows in rows {
        let (is_own, depth) = match &rows.origin {
            Some(origin) => (origin.trigger == trigger.id, origin.depth),
            None => (false, 0),
        };
        if is_own && trigger.own_writes == OwnWrites::Skip {
            continue;
        }
        if depth >= MAX_DEPTH {
            gathered.undelivered = gathered.undelivered.saturating_add(rows.batch.rows());
            continue;
        }
        gathered.depth = gathered.depth.max(depth);
        let number = *numbers.entry(rows.batch.table().clone()).or_insert_with(|| {
            tables.push(Vec::new());
            tables.len().saturating_sub(1)
        });
        if let Some(table) = tables.get_mut(number) {
            table.push(Arc::unwrap_or_clone(rows.batch));
        }
    }
    let batches: Vec<_> = tables.into_iter().flat_map(merge).collect();
    gathered.depth = gathered.depth.saturating_add(1);
    gathered.event = (!batches.is_empty()).then_some(Event::Write(batches));
    gathered
}

/// Merges each batch with its neighbour, then what comes of that, and so on: a
/// row is copied a few times, and not once for each record behind it.
fn merge(mut batches: Vec<TableBatch>) -> Vec<TableBatch> {
    loop {
        let before = batches.len();
        let mut merged: Vec<TableBatch> = Vec::with_capacity(before);
        let mut rest = batches.into_iter();
        while let Some(mut first) = rest.next() {
            // What has another type stays a batch of its own.
            let misfit = rest.next().and_then(|second| first.append(second).err());
            merged.push(first);
            merged.extend(misfit);
        }
        if merged.len() == before {
            return merged;
        }
        batches = merged;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::Origin;
    use crate::model::{Column, ColumnKind, ColumnValues, DatabaseName, TableColumn, TableName, TriggerName};

    fn trigger() -> Trigger {
        let name = TriggerName::new("t").unwrap();
        Trigger::new(name, DatabaseName::new("db").unwrap(), "all_tables".parse().unwrap())
    }

    fn row(table: &str, time: i64, origin: Option<(&str, u8)>) -> LogRows {
        let column = |kind, name, values| TableColumn { kind, column: Column::full(name, values) };
        let host = ColumnValues::Coded { codes: vec![0], dictionary: [time.to_string()].into_iter().collect() };
        let columns = vec![
            column(ColumnKind::Tag, "host", host),
            column(ColumnKind::Time, "time", ColumnValues::Time(vec![time])),
        ];
        let database = DatabaseName::new("db").unwrap().into();
        let origin = origin.map(|(name, depth)| {
            let mut id = trigger().id;
            id.name = TriggerName::new(name).unwrap();
            Origin { trigger: id, depth }
        });
        LogRows { database, batch: Arc::new(TableBatch::new(TableName::new(table).unwrap(), columns).unwrap()), origin }
    }

    fn hosts(event: &Event) -> Vec<Vec<String>> {
        let Event::Write(batches) = event else { panic!("{event:?}") };
        let host = |batch: &TableBatch, row| batch.column("host").unwrap().values.text(row).unwrap().to_owned();
        batches.iter().map(|batch| (0..batch.rows()).map(|row| host(batch, row)).collect()).collect()
    }

    #[test]
    fn rows_of_a_table_are_one_batch_in_log_order() {
        let rows = (0..7).map(|time| row(if time % 3 == 0 { "a" } else { "b" }, time, None)).collect();
        let gathered = gather(&trigger(), rows);
        assert_eq!(hosts(&gathered.event.unwrap()), [vec!["0", "3", "6"], vec!["1", "2", "4", "5"]]);
        assert_eq!(gathered.depth, 1);
    }

    #[test]
    fn own_rows_and_those_of_loops_are_left_out() {
        let rows = vec![row("a", 1, Some(("t", 1))), row("a", 2, Some(("other", 4))), row("a", 3, Some(("other", 2)))];
        let gathered = gather(&trigger(), rows.clone());
        assert_eq!(hosts(&gathered.event.unwrap()), [["3"]]);
        assert_eq!((gathered.depth, gathered.undelivered), (3, 1));

        let asking = trigger().with_own_writes(OwnWrites::Deliver);
        assert_eq!(hosts(&gather(&asking, rows).event.unwrap()), [["1", "3"]]);
    }

    #[test]
    fn nothing_for_the_trigger_is_no_event() {
        assert_eq!(gather(&trigger(), vec![row("a", 1, Some(("t", 1)))]).event, None);
    }
}
