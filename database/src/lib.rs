//! The embedded time-series database: line protocol in, SQL out, and a log
//! from which triggers read.
//!
//! A write goes through four modules: `line_protocol` cuts and parses the text,
//! `staging` turns lines into table batches that agree with the schema,
//! the log takes them as one record, and `storage` makes points of them. A
//! query sees only a snapshot of `storage`.

mod embedded;
#[cfg(test)]
mod fixture;
mod line_protocol;
mod precision;
mod query;
mod result;
mod schema;
mod staging;
mod storage;
mod table_definition;
mod write;

pub use datafusion::execution::SendableRecordBatchStream;
pub use embedded::{EmbeddedDatabase, Settings};
pub use precision::{BadPrecision, Precision};
pub use query::{CATALOG, SchemaDescription, StatementDescription, SystemTables, TableDescription, executing};
pub use table_definition::{ColumnInfo, TableDefinition};
pub use write::{Fault, Partial, RejectedLine, WriteError, WriteOptions, WriteReport};
