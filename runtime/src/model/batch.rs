//! Rows of one table, by column.

use std::fmt;
use std::ops::Range;

use super::{Column, ColumnKind, ColumnValues, TableName};

/// A column and what it is in its table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// What it is in its table.
    pub kind: ColumnKind,
    /// Its name and values.
    pub column: Column,
}

/// Rows of one table in the order in which they were written.
///
/// All columns have as many values as there are rows, no name stands twice, and
/// there is exactly one time.
#[derive(Debug, Clone, PartialEq)]
pub struct TableBatch {
    table: TableName,
    rows: usize,
    columns: Vec<TableColumn>,
}

/// Why columns do not make a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadBatch {
    /// A column has more or fewer values than another.
    Ragged(String),
    /// Two columns have this name.
    TwiceNamed(String),
    /// There is no time, or more than one.
    NotOneTime,
    /// A tag is not text, or a time not a time.
    KindAndType(String),
}

impl fmt::Display for BadBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ragged(name) => write!(f, "a column is longer or shorter than the others. column=`{name}`"),
            Self::TwiceNamed(name) => write!(f, "two columns have the same name. column=`{name}`"),
            Self::NotOneTime => f.write_str("a batch must have exactly one time column, with a value in each row"),
            Self::KindAndType(name) => {
                write!(f, "a tag must be text, a time a time, and a field anything but a time. column=`{name}`")
            }
        }
    }
}

impl std::error::Error for BadBatch {}

impl TableBatch {
    /// Checks that `columns` belong together.
    ///
    /// # Errors
    /// [`BadBatch`] says which of the rules is broken.
    pub fn new(table: TableName, mut columns: Vec<TableColumn>) -> Result<Self, BadBatch> {
        let rows = columns.first().map_or(0, |first| first.column.len());
        columns.sort_by_key(|column| column.kind);
        for TableColumn { kind, column } in &columns {
            if column.len() != rows || column.validity.len() != rows {
                return Err(BadBatch::Ragged(column.name.to_string()));
            }
            let fits = match kind {
                ColumnKind::Tag => matches!(column.values, ColumnValues::Text(_) | ColumnValues::Coded { .. }),
                ColumnKind::Field => !matches!(column.values, ColumnValues::Time(_)),
                ColumnKind::Time => matches!(column.values, ColumnValues::Time(_)),
            };
            if !fits {
                return Err(BadBatch::KindAndType(column.name.to_string()));
            }
        }
        let mut names: Vec<_> = columns.iter().map(|column| &column.column.name).collect();
        names.sort();
        if let Some([name, _]) = names.array_windows().find(|[one, next]| one == next) {
            return Err(BadBatch::TwiceNamed(name.to_string()));
        }
        let mut times = columns.iter().filter(|column| column.kind == ColumnKind::Time);
        match (times.next(), times.next()) {
            (Some(time), None) if time.column.validity.is_all() => Ok(Self { table, rows, columns }),
            (Some(_), _) | (None, _) => Err(BadBatch::NotOneTime),
        }
    }

    /// The table that the rows belong to.
    #[must_use]
    pub fn table(&self) -> &TableName {
        &self.table
    }

    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Tags, then fields, then the time.
    #[must_use]
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The column called `name`.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().map(|column| &column.column).find(|column| &*column.name == name)
    }

    /// How much memory the rows take, near enough for limits.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.columns.iter().map(|column| column.column.byte_size()).fold(0, usize::saturating_add)
    }

    /// The rows in `range`, as far as there are any.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        let end = range.end.min(self.rows);
        let range = range.start.min(end)..end;
        let columns = self
            .columns
            .iter()
            .map(|column| TableColumn { kind: column.kind, column: column.column.slice(range.clone()) })
            .collect();
        Self { table: self.table.clone(), rows: range.len(), columns }
    }

    /// Adds the rows of `other`, if it is of the same table and no column has
    /// another kind or type there.
    ///
    /// # Errors
    /// Hands `other` back unused.
    pub fn append(&mut self, other: Self) -> Result<(), Self> {
        let agrees = |theirs: &TableColumn| {
            self.columns
                .iter()
                .filter(|ours| ours.column.name == theirs.column.name)
                .all(|ours| ours.kind == theirs.kind && ours.column.values.same_type(&theirs.column.values))
        };
        if self.table != other.table || !other.columns.iter().all(agrees) {
            return Err(other);
        }
        for ours in &mut self.columns {
            match other.column(&ours.column.name) {
                Some(theirs) => ours.column.append(theirs),
                None => ours.column.append_absent(other.rows),
            }
        }
        let rows = self.rows.saturating_add(other.rows);
        for mut theirs in other.columns {
            if self.column(&theirs.column.name).is_none() {
                theirs.column.prepend_absent(self.rows);
                self.columns.push(theirs);
            }
        }
        self.columns.sort_by_key(|column| column.kind);
        self.rows = rows;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextBuffer;

    fn column(kind: ColumnKind, name: &str, values: ColumnValues) -> TableColumn {
        TableColumn { kind, column: Column::full(name, values) }
    }

    fn time(times: &[i64]) -> TableColumn {
        column(ColumnKind::Time, "time", ColumnValues::Time(times.to_vec()))
    }

    fn cpu(columns: Vec<TableColumn>) -> Result<TableBatch, BadBatch> {
        TableBatch::new(TableName::new("cpu").unwrap(), columns)
    }

    fn text(texts: &[&str]) -> TextBuffer {
        texts.iter().collect()
    }

    #[test]
    fn columns_of_different_lengths_are_no_batch() {
        let short = column(ColumnKind::Field, "usage", ColumnValues::I64(vec![1]));
        assert_eq!(cpu(vec![time(&[1, 2]), short]), Err(BadBatch::Ragged("usage".into())));
    }

    #[test]
    fn a_batch_has_exactly_one_time() {
        assert_eq!(cpu(vec![]), Err(BadBatch::NotOneTime));
        let second = column(ColumnKind::Time, "other", ColumnValues::Time(vec![1]));
        assert_eq!(cpu(vec![time(&[1]), second]), Err(BadBatch::NotOneTime));
    }

    #[test]
    fn a_tag_is_text() {
        let tag = column(ColumnKind::Tag, "host", ColumnValues::I64(vec![1]));
        assert_eq!(cpu(vec![tag, time(&[1])]), Err(BadBatch::KindAndType("host".into())));
    }

    #[test]
    fn appended_rows_lack_what_only_the_others_have() {
        let coded = |codes: &[u32], texts| ColumnValues::Coded { codes: codes.to_vec(), dictionary: text(texts) };
        let mut first = cpu(vec![column(ColumnKind::Tag, "host", coded(&[0, 1], &["a", "b"])), time(&[1, 2])]).unwrap();
        let second = cpu(vec![
            column(ColumnKind::Tag, "host", coded(&[0], &["b"])),
            column(ColumnKind::Field, "usage", ColumnValues::F64(vec![0.5])),
            time(&[3]),
        ])
        .unwrap();

        first.append(second).unwrap();

        let host = first.column("host").unwrap();
        assert_eq!((0..3).map(|row| host.values.text(row).unwrap()).collect::<Vec<_>>(), ["a", "b", "b"]);
        let usage = first.column("usage").unwrap();
        assert_eq!((0..3).map(|row| usage.validity.get(row)).collect::<Vec<_>>(), [false, false, true]);
        assert_eq!(usage.values, ColumnValues::F64(vec![0.0, 0.0, 0.5]));
        let kinds: Vec<_> = first.columns().iter().map(|column| column.kind).collect();
        assert_eq!(kinds, [ColumnKind::Tag, ColumnKind::Field, ColumnKind::Time]);
    }

    #[test]
    fn rows_of_another_type_are_handed_back() {
        let mut ints = cpu(vec![column(ColumnKind::Field, "v", ColumnValues::I64(vec![1])), time(&[1])]).unwrap();
        let floats = cpu(vec![column(ColumnKind::Field, "v", ColumnValues::F64(vec![1.0])), time(&[1])]).unwrap();
        assert_eq!(ints.append(floats.clone()), Err(floats));
    }

    #[test]
    fn a_slice_ends_where_the_rows_end() {
        let batch = cpu(vec![time(&[1, 2, 3])]).unwrap();
        assert_eq!(batch.slice(1..9).column("time").unwrap().values, ColumnValues::Time(vec![2, 3]));
        assert_eq!(batch.slice(7..9).rows(), 0);
    }
}
