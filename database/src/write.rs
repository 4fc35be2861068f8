//! What a write asks for and what comes of it.

use std::fmt;

use tidegate::{DatabaseError, DatabaseErrorKind, Durability, Timestamp};

use crate::precision::Precision;

/// How line protocol is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WriteOptions {
    /// The unit of the lines' timestamps.
    pub precision: Precision,
    /// What becomes of the good lines if there are bad ones.
    pub partial: Partial,
    /// The time of lines that have none.
    pub time: Timestamp,
    /// When the write is done.
    pub durability: Durability,
}

/// What becomes of the good lines of a write if there are bad ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partial {
    /// They are kept.
    Accept,
    /// Nothing is kept.
    Reject,
}

/// What came of a write.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WriteReport {
    /// How many lines were written.
    pub written: usize,
    /// The lines that were not, the first 1,000 of them.
    pub rejected: Vec<RejectedLine>,
}

/// A line that was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejectedLine {
    /// Its number in the text, from 1 on; comments and blank lines count.
    pub line_number: usize,
    /// Its first 1,000 characters.
    pub original_line: String,
    /// What is wrong with it.
    pub error: String,
    /// Whether it is its own fault.
    pub fault: Fault,
}

/// Whether a line is to blame for not being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It is.
    Line,
    /// It is not: the schema may not grow any more.
    Limit,
}

/// Why a line is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BadLine {
    pub(crate) error: String,
    pub(crate) fault: Fault,
}

impl BadLine {
    /// The schema would grow beyond a limit.
    pub(crate) fn limit(error: String) -> Self {
        Self { error, fault: Fault::Limit }
    }
}

impl From<String> for BadLine {
    fn from(error: String) -> Self {
        Self { error, fault: Fault::Line }
    }
}

impl RejectedLine {
    pub(crate) fn new(line_number: usize, line: &str, BadLine { error, fault }: BadLine) -> Self {
        let short = |text: &str| text.chars().take(1_000).collect();
        Self { line_number, original_line: short(line), error: short(&error), fault }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone)]
pub enum WriteError {
    /// There is no line in the text.
    Empty,
    /// These lines are wrong, and the others are not wanted without them.
    Rejected(Vec<RejectedLine>),
    /// The database could not take it.
    Database(DatabaseError),
}

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("incoming write was empty"),
            Self::Rejected(lines) => {
                f.write_str("line protocol parse failed")?;
                if let Some(first) = lines.first() {
                    write!(f, ": {} line=`{}` rejected=`{}`", first.error, first.line_number, lines.len())?;
                }
                Ok(())
            }
            Self::Database(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<DatabaseError> for WriteError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error)
    }
}

impl From<WriteError> for DatabaseError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Database(error) => error,
            WriteError::Empty | WriteError::Rejected(_) => Self::new(DatabaseErrorKind::Invalid, error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
