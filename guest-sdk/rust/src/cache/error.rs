//! Why a cache operation had no effect.

use std::fmt;

use crate::bindings::imports::tidegate::plugin::cache as host;

/// Why a cache operation had no effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The key or the value cannot be used here.
    Invalid(String),
    /// Key or value are larger, or there are more of them, than the trigger or
    /// tenant may have.
    Full(String),
    /// There is a value, but of another type.
    OtherType {
        /// What was asked for.
        wanted: &'static str,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(reason) => write!(f, "cannot be cached: {reason}"),
            Self::Full(reason) => write!(f, "cache is full: {reason}"),
            Self::OtherType { wanted } => {
                write!(f, "cached value is of another type. wanted=`{wanted}`")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<host::CacheError> for Error {
    fn from(error: host::CacheError) -> Self {
        match error {
            host::CacheError::Invalid(reason) => Self::Invalid(reason),
            host::CacheError::Full(reason) => Self::Full(reason),
        }
    }
}
