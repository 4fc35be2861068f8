//! Single values, and what a query is given by name.

use std::collections::BTreeMap;

use super::Timestamp;

/// A single value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// True or false.
    Boolean(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A number.
    F64(f64),
    /// Text.
    Text(String),
    /// A point in time.
    Time(Timestamp),
}

/// The values that `$name` stands for in a query, by name.
pub type Parameters = BTreeMap<String, Value>;
