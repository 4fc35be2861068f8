//! Writes points to the database.
//!
//! ```no_run
//! # use tidegate_sdk::{Failure, Line, write};
//! # fn example() -> Result<(), Failure> {
//! write::stage(Line::new("alerts").tag("host", "a").float("usage", 97.5))?;
//! write::to("archive").stage("alerts,host=a usage=97.5")?;
//! # Ok(())
//! # }
//! ```

use std::fmt;

use crate::bindings::imports::tidegate::plugin::write as host;
use crate::line::{Line, Unwritable};

/// Stages lines for the trigger's own database. They are written when the run
/// has succeeded, together, and not at all otherwise.
///
/// # Errors
/// See [`Error`]. Nothing of this call is staged then.
pub fn stage(lines: impl Lines) -> Result<(), Error> {
    Target { database: None }.stage(lines)
}

/// Writes lines to the trigger's own database at once. They stay written
/// whatever becomes of the run.
///
/// # Errors
/// See [`Error`]. Nothing of this call is written then.
pub fn now(lines: impl Lines) -> Result<(), Error> {
    Target { database: None }.now(lines)
}

/// Names another database to write to.
pub fn to(database: &str) -> Target<'_> {
    Target { database: Some(database) }
}

/// Where lines go.
#[derive(Debug, Clone, Copy)]
pub struct Target<'a> {
    database: Option<&'a str>,
}

impl Target<'_> {
    /// Stages lines, as [`stage`] does.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn stage(self, lines: impl Lines) -> Result<(), Error> {
        Ok(host::stage(&lines.into_text()?, self.database)?)
    }

    /// Writes lines at once and returns when they would survive a crash.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn now(self, lines: impl Lines) -> Result<(), Error> {
        Ok(host::write_now(&lines.into_text()?, self.database, host::Durability::Durable)?)
    }

    /// Writes lines at once and returns when the database has them in memory.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn now_buffered(self, lines: impl Lines) -> Result<(), Error> {
        Ok(host::write_now(&lines.into_text()?, self.database, host::Durability::Buffered)?)
    }
}

/// What can be written: a [`Line`], many of them (one call to the host, so
/// much cheaper than one call a line), or text in line protocol.
pub trait Lines {
    /// Returns the line protocol.
    ///
    /// # Errors
    /// [`Error::BadLine`] if a line cannot be written.
    fn into_text(self) -> Result<String, Error>;
}

impl Lines for Line {
    fn into_text(self) -> Result<String, Error> {
        self.build().map_err(|problem| bad(0, &problem))
    }
}

impl Lines for &[Line] {
    fn into_text(self) -> Result<String, Error> {
        let mut text = String::new();
        for (index, line) in self.iter().enumerate() {
            text.push_str(&line.build().map_err(|problem| bad(index, &problem))?);
            text.push('\n');
        }
        Ok(text)
    }
}

impl Lines for Vec<Line> {
    fn into_text(self) -> Result<String, Error> {
        self.as_slice().into_text()
    }
}

impl Lines for String {
    fn into_text(self) -> Result<String, Error> {
        Ok(self)
    }
}

impl Lines for &str {
    fn into_text(self) -> Result<String, Error> {
        Ok(self.into())
    }
}

fn bad(index: usize, problem: &Unwritable) -> Error {
    let line = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
    Error::BadLine { line, reason: problem.to_string() }
}

/// Why nothing of a call was written.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// One of the lines is not line protocol.
    BadLine {
        /// Its number within the call, from 1.
        line: u32,
        /// What is wrong with it.
        reason: String,
    },
    /// The database's name is wrong, or the lines contradict the types of its
    /// columns.
    Invalid(String),
    /// The trigger was not granted to write there.
    Denied(String),
    /// The database could not answer now.
    Unavailable(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadLine { line, reason } => {
                write!(f, "not line protocol: {reason}. line=`{line}`")
            }
            Self::Invalid(reason) => write!(f, "cannot be written: {reason}"),
            Self::Denied(reason) => write!(f, "may not be written: {reason}"),
            Self::Unavailable(reason) => write!(f, "could not be written now: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<host::WriteError> for Error {
    fn from(error: host::WriteError) -> Self {
        match error {
            host::WriteError::BadLine(host::BadLine { line, reason }) => Self::BadLine { line, reason },
            host::WriteError::Invalid(reason) => Self::Invalid(reason),
            host::WriteError::Denied(reason) => Self::Denied(reason),
            host::WriteError::Unavailable(reason) => Self::Unavailable(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_lines_become_one_text() {
        let lines = vec![Line::new("a").int("f", 1), Line::new("b").int("f", 2)];

        assert_eq!(lines.into_text().unwrap(), "a f=1i\nb f=2i\n");
    }

    #[test]
    fn a_line_that_cannot_be_written_is_numbered_from_1() {
        let lines = vec![Line::new("a").int("f", 1), Line::new("b")];

        let Err(Error::BadLine { line, .. }) = lines.into_text() else { panic!("accepted") };

        assert_eq!(line, 2);
    }
}
