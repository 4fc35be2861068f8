//! Why a query gave no rows.

use std::fmt;

use crate::bindings::imports::tidegate::plugin::query as host;

/// Why a query gave no rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The statement, a parameter or the database's name is wrong.
    Invalid(String),
    /// The trigger was not granted what the query reads.
    Denied(String),
    /// The database could not answer now.
    Unavailable(String),
    /// The host answered with columns that do not fit together.
    Malformed(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => write!(f, "query is wrong: {reason}"),
            Self::Denied(reason) => write!(f, "query is not allowed: {reason}"),
            Self::Unavailable(reason) => write!(f, "query has no answer now: {reason}"),
            Self::Malformed(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for Error {}

impl From<host::QueryError> for Error {
    fn from(error: host::QueryError) -> Self {
        match error {
            host::QueryError::Invalid(reason) => Self::Invalid(reason),
            host::QueryError::Denied(reason) => Self::Denied(reason),
            host::QueryError::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}
