//! One row, seen across its columns.

use crate::column::{Column, find};

/// The values of one row. Cheap to copy; borrows the columns.
///
/// Every accessor looks its column up by name and gives `None` if there is no
/// such column, it holds another type, or the row has no value in it. Types do
/// not widen into each other, except in [`number`](Self::number).
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a> {
    columns: &'a [Column],
    index: usize,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(columns: &'a [Column], index: usize) -> Self {
        Self { columns, index }
    }

    /// Returns the row's place among the others, from 0: what columns are
    /// asked with.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns a signed integer.
    pub fn int(&self, name: &str) -> Option<i64> {
        find(self.columns, name)?.ints()?.get(self.index)
    }

    /// Returns an unsigned integer.
    pub fn uint(&self, name: &str) -> Option<u64> {
        find(self.columns, name)?.uints()?.get(self.index)
    }

    /// Returns a floating-point number.
    pub fn float(&self, name: &str) -> Option<f64> {
        find(self.columns, name)?.floats()?.get(self.index)
    }

    /// Returns a number of any kind. Integers beyond 2⁵³ lose their last
    /// digits.
    pub fn number(&self, name: &str) -> Option<f64> {
        find(self.columns, name)?.number(self.index)
    }

    /// Returns a truth value.
    pub fn bool(&self, name: &str) -> Option<bool> {
        find(self.columns, name)?.bools()?.get(self.index)
    }

    /// Returns text.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        find(self.columns, name)?.text(self.index)
    }

    /// Returns a point in time, in nanoseconds since 1970. (The time of a
    /// written point is [`Row::time`](crate::Row::time).)
    pub fn timestamp(&self, name: &str) -> Option<i64> {
        find(self.columns, name)?.times()?.get(self.index)
    }
}
