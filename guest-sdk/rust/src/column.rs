//! Columns: a name and a value, or none, for each row.

use crate::presence::Presence;
use crate::text::Text;

/// One column of some rows.
///
/// All columns of a batch, or of a piece of a query's result, have as many rows
/// as it has: this was checked when the data arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub(crate) name: String,
    pub(crate) presence: Presence,
    pub(crate) values: Values,
}

/// The values of a column, one for each row. Where a row has none there is
/// zero, `false` or empty text, which means nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Signed integers.
    Int(Vec<i64>),
    /// Unsigned integers.
    Uint(Vec<u64>),
    /// Floating-point numbers.
    Float(Vec<f64>),
    /// True or false.
    Bool(Vec<bool>),
    /// Text.
    Text(Text),
    /// Points in time, in nanoseconds since 1970.
    Time(Vec<i64>),
}

impl Column {
    /// Returns the column's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the bare values, those of rows without a value included.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// Says whether `row` has a value.
    pub fn has(&self, row: usize) -> bool {
        self.presence.has(row)
    }

    /// Returns the signed integers if that is what the column holds.
    pub fn ints(&self) -> Option<Typed<'_, i64>> {
        if let Values::Int(values) = &self.values { Some(self.typed(values)) } else { None }
    }

    /// Returns the unsigned integers if that is what the column holds.
    pub fn uints(&self) -> Option<Typed<'_, u64>> {
        if let Values::Uint(values) = &self.values { Some(self.typed(values)) } else { None }
    }

    /// Returns the floating-point numbers if that is what the column holds.
    pub fn floats(&self) -> Option<Typed<'_, f64>> {
        if let Values::Float(values) = &self.values { Some(self.typed(values)) } else { None }
    }

    /// Returns the truth values if that is what the column holds.
    pub fn bools(&self) -> Option<Typed<'_, bool>> {
        if let Values::Bool(values) = &self.values { Some(self.typed(values)) } else { None }
    }

    /// Returns the points in time if that is what the column holds.
    pub fn times(&self) -> Option<Typed<'_, i64>> {
        if let Values::Time(values) = &self.values { Some(self.typed(values)) } else { None }
    }

    /// Returns the text in `row` if the column holds text and the row has any.
    pub fn text(&self, row: usize) -> Option<&str> {
        if let Values::Text(text) = &self.values
            && self.has(row)
        {
            text.get(row)
        } else {
            None
        }
    }

    /// Returns the number in `row`, whatever kind of number the column holds.
    /// Integers beyond 2⁵³ lose their last digits.
    pub fn number(&self, row: usize) -> Option<f64> {
        let number = match &self.values {
            Values::Int(values) => *values.get(row)? as f64,
            Values::Uint(values) => *values.get(row)? as f64,
            Values::Float(values) => *values.get(row)?,
            Values::Bool(_) | Values::Text(_) | Values::Time(_) => return None,
        };
        self.has(row).then_some(number)
    }

    fn typed<'a, T>(&'a self, values: &'a [T]) -> Typed<'a, T> {
        Typed { values, presence: &self.presence }
    }
}

/// A column of one type, for those who look at many rows: the name and type
/// were looked up once.
#[derive(Debug, Clone, Copy)]
pub struct Typed<'a, T> {
    values: &'a [T],
    presence: &'a Presence,
}

impl<'a, T: Copy> Typed<'a, T> {
    /// Returns the value in `row`, if it has one.
    pub fn get(&self, row: usize) -> Option<T> {
        let value = *self.values.get(row)?;
        self.presence.has(row).then_some(value)
    }

    /// Returns the bare values; where a row has none there is zero or `false`.
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// Goes through the rows in order.
    pub fn iter(&self) -> impl Iterator<Item = Option<T>> + use<'a, T> {
        let presence = self.presence;
        self.values.iter().enumerate().map(move |(row, value)| presence.has(row).then_some(*value))
    }
}

pub(crate) fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name == name)
}
