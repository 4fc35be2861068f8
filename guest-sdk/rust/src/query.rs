//! Reads the database with SQL.
//!
//! ```no_run
//! # use tidegate_sdk::{Failure, log, query};
//! # fn example() -> Result<(), Failure> {
//! let usage = query::sql("SELECT host, avg(usage) AS usage FROM cpu WHERE region = $region GROUP BY host")
//!     .bind("region", "eu")
//!     .open()?;
//! for piece in usage {
//!     for row in piece?.rows() {
//!         log::info!("{:?}: {:?}", row.text("host"), row.float("usage"));
//!     }
//! }
//! # Ok(())
//! # }
//! ```

use crate::bindings::imports::tidegate::plugin::query as host;
pub use crate::bindings::imports::tidegate::plugin::query::{ColumnDescription, ColumnType};
pub use crate::bindings::imports::tidegate::plugin::types::Value;

mod error;
mod reader;
mod value;

pub use error::Error;
pub use reader::{Piece, Reader};

/// Starts a read-only statement. Nothing happens before [`Query::open`].
///
/// `$name` in it stands for what [`Query::bind`] binds to that name. Never
/// splice values into the text: they come from strangers.
pub fn sql(statement: &str) -> Query<'_> {
    Query { sql: statement, parameters: vec![], database: None }
}

/// A statement with its parameters.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a query does nothing before `open`"]
pub struct Query<'a> {
    sql: &'a str,
    parameters: Vec<(String, Value)>,
    database: Option<&'a str>,
}

impl<'a> Query<'a> {
    /// Binds a parameter: to a value, or where a table stands in the statement
    /// to the table of that name.
    pub fn bind(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.parameters.push((name.into(), value.into()));
        self
    }

    /// Names the database to read, if it is not the trigger's own.
    pub fn database(self, name: &'a str) -> Self {
        Self { database: Some(name), ..self }
    }

    /// Runs the statement. Its rows are read piece by piece.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(self) -> Result<Reader, Error> {
        Ok(Reader::new(host::open(self.sql, &self.parameters, self.database)?))
    }
}
