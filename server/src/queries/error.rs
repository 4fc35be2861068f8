//! Why a query of a client has no result.

use std::fmt;
use std::time::Duration;

use tidegate::{DatabaseError, DatabaseErrorKind};

/// Why a query of a client has no result.
#[derive(Debug, Clone)]
pub(crate) enum QueryError {
    /// Too many others run. Try again later.
    Busy {
        /// So many may run.
        running: usize,
    },
    /// It would go on beyond its time. Ask for less.
    TooLong(Duration),
    /// What the database says.
    Database(DatabaseError),
}

impl QueryError {
    pub(super) fn stopping() -> Self {
        Self::Database(DatabaseError::new(DatabaseErrorKind::Unavailable, "the server is stopping"))
    }
}

impl From<DatabaseError> for QueryError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { running } => {
                write!(f, "too many queries run; try again in a while. allowed=`{running}`")
            }
            Self::TooLong(time) => write!(
                f,
                "error while executing plan: the query takes longer than it may; ask for less, or see --query-timeout. \
                 allowed=`{time:?}`"
            ),
            Self::Database(error) => f.write_str(&error.message),
        }
    }
}

impl std::error::Error for QueryError {}
