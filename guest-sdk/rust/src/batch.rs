//! Rows that were written to one table.

use std::ops::Deref;

use crate::cells::Cells;
use crate::column::{Column, Typed, find};

/// Rows of one table, in the order in which they were written.
#[derive(Debug, Clone, PartialEq)]
pub struct TableBatch {
    pub(crate) name: String,
    /// All of them text.
    pub(crate) tags: Vec<Column>,
    pub(crate) fields: Vec<Column>,
    pub(crate) times: Vec<i64>,
}

impl TableBatch {
    /// Returns the table's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Counts the rows.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Says whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Goes through the rows. A row is a view: making one costs nothing.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let at = |(index, time): (usize, &i64)| Row {
            tags: &self.tags,
            fields: Cells::new(&self.fields, index),
            time: *time,
        };
        self.times.iter().enumerate().map(at)
    }

    /// Returns the tags that at least one row has.
    pub fn tags(&self) -> &[Column] {
        &self.tags
    }

    /// Returns the fields that at least one row has.
    pub fn fields(&self) -> &[Column] {
        &self.fields
    }

    /// Returns each row's time, in nanoseconds since 1970.
    pub fn times(&self) -> &[i64] {
        &self.times
    }

    /// Goes through tags and fields alike.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        self.tags.iter().chain(&self.fields)
    }

    /// Returns the tag of that name.
    pub fn tag_column(&self, name: &str) -> Option<&Column> {
        find(&self.tags, name)
    }

    /// Returns the field of that name.
    pub fn field_column(&self, name: &str) -> Option<&Column> {
        find(&self.fields, name)
    }

    /// Returns the field of that name if it holds floating-point numbers.
    pub fn float_column(&self, name: &str) -> Option<Typed<'_, f64>> {
        self.field_column(name)?.floats()
    }

    /// Returns the field of that name if it holds signed integers.
    pub fn int_column(&self, name: &str) -> Option<Typed<'_, i64>> {
        self.field_column(name)?.ints()
    }
}

/// One written point: its tags, its time, and (by [`Cells`]) its fields.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    tags: &'a [Column],
    fields: Cells<'a>,
    time: i64,
}

impl<'a> Row<'a> {
    /// Returns a tag.
    pub fn tag(&self, name: &str) -> Option<&'a str> {
        find(self.tags, name)?.text(self.index())
    }

    /// Goes through the tags that the point has, with their names.
    pub fn tags(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let index = self.index();
        self.tags.iter().filter_map(move |tag| Some((tag.name(), tag.text(index)?)))
    }

    /// Returns the point's time, in nanoseconds since 1970.
    pub fn time(&self) -> i64 {
        self.time
    }
}

impl<'a> Deref for Row<'a> {
    type Target = Cells<'a>;

    fn deref(&self) -> &Cells<'a> {
        &self.fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cpu() -> TableBatch {
        TableBatch::new("cpu", [10, 20])
            .with_tag("host", [Some("a"), None])
            .with_tag("region", [Some("eu"), Some("us")])
            .with_floats("usage", [None, Some(90.5)])
            .with_ints("cores", [Some(4), Some(8)])
            .with_texts("state", [Some("up"), None])
    }

    #[test]
    fn a_row_has_the_values_of_its_columns() {
        let batch = cpu();
        let rows: Vec<_> = batch.rows().collect();

        assert_eq!([rows[0].tag("host"), rows[1].tag("host")], [Some("a"), None]);
        assert_eq!([rows[0].float("usage"), rows[1].float("usage")], [None, Some(90.5)]);
        assert_eq!([rows[0].text("state"), rows[1].text("state")], [Some("up"), None]);
        assert_eq!([rows[0].time(), rows[1].time()], [10, 20]);
        assert_eq!(rows[0].tags().collect::<Vec<_>>(), [("host", "a"), ("region", "eu")]);
    }

    #[test]
    fn types_do_not_widen_except_into_a_number() {
        let batch = cpu();
        let row = batch.rows().next().unwrap();

        assert_eq!((row.int("cores"), row.float("cores"), row.number("cores")), (Some(4), None, Some(4.0)));
    }

    #[test]
    fn a_field_is_not_a_tag() {
        let batch = cpu();
        let row = batch.rows().next().unwrap();

        assert_eq!((row.tag("state"), row.text("host")), (None, None));
    }

    #[test]
    fn a_column_found_once_gives_every_row() {
        let batch = cpu();
        let usage = batch.float_column("usage").unwrap();

        assert_eq!(usage.iter().collect::<Vec<_>>(), [None, Some(90.5)]);
        assert_eq!(usage.values(), [0.0, 90.5]);
        assert!(batch.float_column("cores").is_none());
    }
}
