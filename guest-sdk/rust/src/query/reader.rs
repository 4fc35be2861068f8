//! A result, piece by piece.

use super::{ColumnDescription, Error};
use crate::bindings::imports::tidegate::plugin::{query as host, types as wit};
use crate::cells::Cells;
use crate::column::{Column, find};
use crate::decode::{decode, rows};

/// How many rows a piece has at most, unless the plugin says otherwise: few
/// enough for any plugin's memory, many enough that host calls do not matter.
const ROWS: u32 = 4096;

/// A result that is read piece by piece, so that it never has to fit into the
/// plugin's memory. It ends after an error.
#[derive(Debug)]
pub struct Reader {
    reader: host::Reader,
    rows: u32,
    ended: bool,
}

impl Reader {
    pub(super) fn new(reader: host::Reader) -> Self {
        Self { reader, rows: ROWS, ended: false }
    }

    /// Sets how many rows a piece has at most.
    #[must_use]
    pub fn with_rows(self, rows: u32) -> Self {
        Self { rows, ..self }
    }

    /// Describes the columns of every piece. Asks the host.
    pub fn columns(&self) -> Vec<ColumnDescription> {
        self.reader.columns()
    }
}

impl Iterator for Reader {
    type Item = Result<Piece, Error>;

    fn next(&mut self) -> Option<Result<Piece, Error>> {
        if self.ended {
            return None;
        }
        let piece = match self.reader.next(self.rows) {
            Ok(columns) => columns.map(Piece::new),
            Err(error) => Some(Err(error.into())),
        };
        self.ended = !matches!(piece, Some(Ok(_)));
        piece
    }
}

/// Some rows of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    columns: Vec<Column>,
    rows: usize,
}

impl Piece {
    fn new(columns: Vec<wit::Column>) -> Result<Self, Error> {
        let rows = columns.first().map_or(0, rows);
        let columns = columns.into_iter().map(|column| decode(column, rows)).collect::<Result<_, _>>();
        Ok(Self { columns: columns.map_err(|malformed| Error::Malformed(malformed.to_string()))?, rows })
    }

    /// Counts the rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Says whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Goes through the rows.
    pub fn rows(&self) -> impl Iterator<Item = Cells<'_>> {
        (0..self.rows).map(|index| Cells::new(&self.columns, index))
    }

    /// Returns the columns, in the statement's order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Returns the first column of that name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        find(&self.columns, name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(name: &str, values: &[i64]) -> wit::Column {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        wit::Column { name: name.into(), validity: vec![], values: wit::ColumnValues::I64(bytes) }
    }

    #[test]
    fn a_piece_has_as_many_rows_as_its_columns() {
        let piece = Piece::new(vec![ints("a", &[1, 2]), ints("b", &[3, 4])]).unwrap();

        let sums: Vec<_> = piece.rows().map(|row| (row.int("a"), row.int("b"))).collect();

        assert_eq!(sums, [(Some(1), Some(3)), (Some(2), Some(4))]);
    }

    #[test]
    fn a_ragged_piece_is_refused() {
        let error = Piece::new(vec![ints("a", &[1, 2]), ints("b", &[3])]).unwrap_err();

        assert_eq!(error.to_string(), "the host sent a column that is malformed: not one value a row. column=`b`");
    }
}
