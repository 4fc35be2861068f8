//! The database as others see it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::execution::SendableRecordBatchStream;
use tidegate::{
    Clock, Commit, Database, DatabaseError, DatabaseErrorKind, DatabaseId, DatabaseName, Log, MemoryLog, Parameters,
    Position, QueryResult, SystemClock, TableBatch, TableName, TenantId,
};

use crate::precision::Precision;
use crate::query::{QueryEngine, SchemaDescription, Source, StatementDescription, SystemTables};
use crate::result;
use crate::staging::{Staged, stage};
use crate::storage::{Committed, Storage};
use crate::table_definition::{ColumnInfo, TableDefinition};
use crate::write::{Partial, RejectedLine, WriteError, WriteOptions, WriteReport};

/// How much memory a database may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Rows that triggers may still have to read.
    pub log_bytes: usize,
    /// What all queries that run at once may hold; one of them half of it.
    pub query_memory_bytes: usize,
    /// What all rows may take, near enough; more are not written.
    pub stored_bytes: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { log_bytes: 256 << 20, query_memory_bytes: 512 << 20, stored_bytes: 4 << 30 }
    }
}

/// A time-series database within the process. What it holds is in memory.
#[derive(Debug)]
pub struct EmbeddedDatabase {
    storage: Arc<Storage>,
    queries: QueryEngine,
}

impl EmbeddedDatabase {
    /// An empty database.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::Unavailable`] if the query engine does not start.
    pub fn new(settings: Settings) -> Result<Self, DatabaseError> {
        Self::with_clock(settings, Arc::new(SystemClock::default()))
    }

    /// As [`new`](Self::new), with rows growing old by another clock than the
    /// system's.
    ///
    /// # Errors
    /// As of [`new`](Self::new).
    pub fn with_clock(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, DatabaseError> {
        Ok(Self {
            storage: Arc::new(Storage::new(settings, clock)),
            queries: QueryEngine::new(settings.query_memory_bytes)?,
        })
    }

    /// Writes line protocol. The database, tables and columns that it names come
    /// into being.
    ///
    /// # Errors
    /// [`WriteError::Rejected`] if a line is bad and good ones are not wanted
    /// without it. Nothing is kept then.
    pub async fn write(
        &self,
        database: &DatabaseId,
        lines: &str,
        options: WriteOptions,
    ) -> Result<WriteReport, WriteError> {
        loop {
            let Staged { batches, lines, rejected } = stage(database, lines, options, &*self.storage);
            if lines == 0 && rejected.is_empty() {
                return Err(WriteError::Empty);
            }
            if !rejected.is_empty() && options.partial == Partial::Reject {
                return Err(WriteError::Rejected(rejected));
            }
            let report = WriteReport { written: lines, rejected };
            if report.written == 0 {
                return Ok(report);
            }
            let batches = BTreeMap::from([(database.clone(), batches)]);
            match self.storage.commit(&batches, None, &BTreeMap::new())? {
                Committed::Before(_) => return Ok(report),
                Committed::SchemaChanged => {}
            }
        }
    }

    /// Runs a statement that only reads, and streams what it returns.
    ///
    /// `$name` in it stands for the parameter of that name: its value, or in the
    /// place of a table the table so called. The first `?` is called `1`, and so
    /// on.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database,
    /// [`DatabaseErrorKind::Invalid`] if the statement is wrong or would write.
    pub async fn sql(
        &self,
        database: &DatabaseId,
        sql: &str,
        parameters: &Parameters,
    ) -> Result<SendableRecordBatchStream, DatabaseError> {
        self.queries.run(self.source(database, None), (sql, parameters)).await
    }

    /// As [`sql`](Self::sql), with system tables beside the others; the database
    /// `_internal` has nothing else. `stop` ends it, also where it is busy.
    ///
    /// # Errors
    /// As of [`sql`](Self::sql).
    pub async fn sql_with(
        &self,
        system: Arc<dyn SystemTables>,
        database: &DatabaseId,
        statement: (&str, &Parameters),
    ) -> Result<SendableRecordBatchStream, DatabaseError> {
        self.queries.run(self.source(database, Some(system)), statement).await
    }

    fn source(&self, database: &DatabaseId, system: Option<Arc<dyn SystemTables>>) -> Source {
        Source { storage: Arc::clone(&self.storage), database: database.clone(), system }
    }

    /// Checks line protocol and returns its rows, without writing them.
    ///
    /// # Errors
    /// [`WriteError::Rejected`] names the lines that are bad.
    pub fn check(
        &self,
        database: &DatabaseId,
        lines: &str,
        options: WriteOptions,
    ) -> Result<Vec<Arc<TableBatch>>, WriteError> {
        let Staged { batches, lines, rejected } = stage(database, lines, options, &*self.storage);
        match (lines, rejected.is_empty()) {
            (0, true) => Err(WriteError::Empty),
            (_, false) => Err(WriteError::Rejected(rejected)),
            (_, true) => Ok(batches.into_iter().map(|staged| staged.batch).collect()),
        }
    }

    /// Returns the columns of what a statement would return, without running it.
    ///
    /// # Errors
    /// As of [`sql`](Self::sql).
    pub async fn result_columns(
        &self,
        system: Option<Arc<dyn SystemTables>>,
        database: &DatabaseId,
        statement: (&str, &Parameters),
    ) -> Result<SchemaRef, DatabaseError> {
        self.queries.columns(self.source(database, system), statement).await
    }

    /// Describes a statement whose parameters have no values yet.
    ///
    /// # Errors
    /// As of [`sql`](Self::sql); and here a parameter cannot stand for a table.
    pub async fn describe(
        &self,
        system: Option<Arc<dyn SystemTables>>,
        database: &DatabaseId,
        sql: &str,
    ) -> Result<StatementDescription, DatabaseError> {
        self.queries.describe(self.source(database, system), sql).await
    }

    /// Returns all that queries of a database can name, by schema.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub async fn schemas(
        &self,
        system: Option<Arc<dyn SystemTables>>,
        database: &DatabaseId,
    ) -> Result<Vec<SchemaDescription>, DatabaseError> {
        self.source(database, system).schemas().await
    }

    /// Creates a database, and says whether it is new.
    pub fn create_database(&self, database: &DatabaseId) -> bool {
        self.storage.create(database)
    }

    /// Deletes a database with all its tables. Triggers still read what it has
    /// in the log.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is none.
    pub fn delete_database(&self, database: &DatabaseId) -> Result<(), DatabaseError> {
        self.storage.delete(database)
    }

    /// Whether there is such a database.
    #[must_use]
    pub fn has_database(&self, database: &DatabaseId) -> bool {
        self.storage.contains(database)
    }

    /// The databases of a tenant, by name.
    #[must_use]
    pub fn databases(&self, tenant: &TenantId) -> Vec<DatabaseName> {
        self.storage.databases(tenant)
    }

    /// How much the rows of a tenant's databases take, in bytes, without what is
    /// needed to find them.
    #[must_use]
    pub fn stored_bytes(&self, tenant: &TenantId) -> u64 {
        self.storage.stored_bytes(tenant)
    }

    /// The tables of a database, by name.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub fn tables(&self, database: &DatabaseId) -> Result<Vec<TableName>, DatabaseError> {
        self.storage.tables(database)
    }

    /// Creates a table with these tags and fields and says whether it is new. Its
    /// database comes into being with it.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::Invalid`] if the table would have no column, or two
    /// columns of one name.
    pub fn create_table(&self, database: &DatabaseId, table: TableDefinition) -> Result<bool, DatabaseError> {
        let (name, schema) = table.into_schema()?;
        Ok(self.storage.create_table(database, name, schema))
    }

    /// Deletes a table with its rows, and says whether there was one.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub fn delete_table(&self, database: &DatabaseId, table: &TableName) -> Result<bool, DatabaseError> {
        self.storage.delete_table(database, table)
    }

    /// The columns of all tables of a database.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub fn columns(&self, database: &DatabaseId) -> Result<Vec<ColumnInfo>, DatabaseError> {
        Ok(self.storage.schemas(database)?.iter().flat_map(|(table, schema)| ColumnInfo::of(table, schema)).collect())
    }

    /// Sets for how long rows are kept: older ones are not found by queries and
    /// go when [`expire`](Self::expire) is called next.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub fn set_retention(&self, database: &DatabaseId, period: Option<Duration>) -> Result<(), DatabaseError> {
        self.storage.retain(database, period)
    }

    /// For how long rows are kept; none is for ever.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::NotFound`] if there is no such database.
    pub fn retention(&self, database: &DatabaseId) -> Result<Option<Duration>, DatabaseError> {
        self.storage.retention(database)
    }

    /// Gives back the memory of rows that are older than they are kept.
    pub fn expire(&self) {
        self.storage.expire();
    }

    /// The log from which triggers read.
    #[must_use]
    pub fn log(&self) -> Arc<MemoryLog> {
        Arc::clone(self.storage.log())
    }
}

#[async_trait]
impl Database for EmbeddedDatabase {
    async fn query(
        &self,
        database: &DatabaseId,
        sql: &str,
        parameters: &Parameters,
    ) -> Result<QueryResult, DatabaseError> {
        result::query_result(self.sql(database, sql, parameters).await?)
    }

    async fn commit(&self, commit: Commit) -> Result<Position, DatabaseError> {
        let options = WriteOptions {
            precision: Precision::Nanosecond,
            partial: Partial::Reject,
            time: commit.time,
            durability: commit.durability,
        };
        loop {
            let mut batches = BTreeMap::new();
            for (database, lines) in &commit.lines {
                let staged = stage(database, lines, options, &*self.storage);
                if let Some(first) = staged.rejected.first() {
                    return Err(refusal(database, first, staged.rejected.len()));
                }
                batches.insert(database.clone(), staged.batches);
            }
            match self.storage.commit(&batches, commit.origin.as_ref(), &commit.cursors)? {
                Committed::Before(position) => return Ok(position),
                Committed::SchemaChanged => {}
            }
        }
    }

    fn log(&self) -> Option<Arc<dyn Log>> {
        Some(self.log())
    }
}

/// The text before the first key is InfluxDB 3's: plugins print it.
fn refusal(database: &DatabaseId, first: &RejectedLine, rejected: usize) -> DatabaseError {
    let RejectedLine { error, line_number, .. } = first;
    DatabaseError::new(
        DatabaseErrorKind::Invalid,
        format!("line protocol parse failed: {error} database=`{database}` line=`{line_number}` rejected=`{rejected}`"),
    )
}

#[cfg(test)]
mod tests;
