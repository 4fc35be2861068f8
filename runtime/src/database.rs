//! What the embedder's database does for plugins.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::sync::watch;

use crate::model::{Column, DatabaseId, Parameters, TableBatch, TableName, Timestamp, TriggerId};

/// What the embedder's database does for plugins.
#[async_trait]
pub trait Database: fmt::Debug + Send + Sync + 'static {
    /// Runs one read-only statement and streams its result.
    ///
    /// Called for each query of a plugin, in a task of its own that is aborted
    /// when the run ends. `$name` in the statement stands for the parameter of
    /// that name: its value, or in the place of a table the table so called.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::Invalid`] if the statement is wrong or would write.
    async fn query(
        &self,
        database: &DatabaseId,
        sql: &str,
        parameters: &Parameters,
    ) -> Result<QueryResult, DatabaseError>;

    /// Makes one commit durable: its lines for every database and the changes
    /// of its cursors, all or none.
    ///
    /// Called once for each successful run, for each write that a plugin wants
    /// at once, and about once a second for cursors that moved over rows which
    /// nobody wanted. A database named for the first time comes into being.
    ///
    /// # Errors
    /// [`DatabaseErrorKind::Invalid`] if a line contradicts the schema.
    async fn commit(&self, commit: Commit) -> Result<Position, DatabaseError>;

    /// The log from which write triggers read; none if the database has no
    /// log, and then [`Runtime::rows_written`](crate::Runtime::rows_written)
    /// is how triggers hear of rows.
    ///
    /// Called once, when the runtime is built.
    fn log(&self) -> Option<Arc<dyn Log>> {
        None
    }
}

/// The log of a database: all rows ever written, in the order in which they
/// became durable, as far back as it is kept.
#[async_trait]
pub trait Log: fmt::Debug + Send + Sync + 'static {
    /// Returns rows of `tables` that stand at or behind `from`: the oldest
    /// ones, as many as `limits` allow, and at least one if there are any.
    async fn read(&self, from: Position, tables: &TableFilter, limits: ReadLimits) -> Result<LogBatch, DatabaseError>;

    /// Watches the end of the log: the position of the next row.
    fn head(&self) -> watch::Receiver<Position>;

    /// The oldest position that is still kept.
    fn oldest(&self) -> Position;

    /// Returns the cursor that was last committed for `trigger`.
    async fn cursor(&self, trigger: &TriggerId) -> Result<Option<Position>, DatabaseError>;

    /// Says that nobody will read before `position` again.
    fn release(&self, position: Position);
}

/// A place in the log: before one of its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// The number of the record, which is one commit.
    pub record: u64,
    /// The number of the row among all rows of that record.
    pub row: u64,
}

impl Position {
    /// The place before the first row of a record.
    #[must_use]
    pub fn start_of(record: u64) -> Self {
        Self { record, row: 0 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.record, self.row)
    }
}

/// What is to become durable together.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The run that wrote, if a plugin did.
    pub origin: Option<Origin>,
    /// Line protocol in nanoseconds, by database.
    pub lines: BTreeMap<DatabaseId, String>,
    /// The time of points that have none.
    pub time: Timestamp,
    /// What becomes of triggers' cursors.
    pub cursors: BTreeMap<TriggerId, CursorChange>,
    /// When the commit is done.
    pub durability: Durability,
}

/// Who wrote a row, and how far it is from a row that came from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The trigger whose run wrote it.
    pub trigger: TriggerId,
    /// 1 if that run began with a row from outside, a schedule or a request; 2
    /// if it began with a row of depth 1; and so on.
    pub depth: u8,
}

/// What becomes of a trigger's cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorChange {
    /// Everything before this place is dealt with. A cursor never goes back: what
    /// is before the one that is kept changes nothing.
    Advance(Position),
    /// The trigger is gone.
    Forget,
}

/// When a commit is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// When it survives a crash.
    #[default]
    Durable,
    /// When it is in memory.
    Buffered,
}

/// The tables that a reader of the log wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableFilter(BTreeMap<DatabaseId, Wanted>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    All,
    Some(BTreeSet<TableName>),
}

impl TableFilter {
    /// Wants all tables of `database` besides.
    #[must_use]
    pub fn and_all(mut self, database: DatabaseId) -> Self {
        self.0.insert(database, Wanted::All);
        self
    }

    /// Wants `table` of `database` besides.
    #[must_use]
    pub fn and_table(mut self, database: DatabaseId, table: TableName) -> Self {
        match self.0.entry(database).or_insert(Wanted::Some(BTreeSet::new())) {
            Wanted::All => {}
            Wanted::Some(tables) => {
                tables.insert(table);
            }
        }
        self
    }

    /// Whether rows of `table` are wanted.
    #[must_use]
    pub fn wants(&self, database: &DatabaseId, table: &TableName) -> bool {
        match self.0.get(database) {
            None => false,
            Some(Wanted::All) => true,
            Some(Wanted::Some(tables)) => tables.contains(table),
        }
    }
}

/// How much one read of the log may return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadLimits {
    /// So many rows.
    pub rows: usize,
    /// So many bytes, near enough.
    pub bytes: usize,
}

/// What one read of the log returns.
#[derive(Debug, Clone, Default)]
pub struct LogBatch {
    /// The rows, in log order.
    pub rows: Vec<LogRows>,
    /// Where to read on.
    pub next: Position,
    /// Records between the place asked for and the oldest one kept.
    pub lost_records: u64,
}

/// Rows of one table from one record.
#[derive(Debug, Clone)]
pub struct LogRows {
    /// Where they are.
    pub database: DatabaseId,
    /// The rows.
    pub batch: Arc<TableBatch>,
    /// Who wrote them, if a plugin did.
    pub origin: Option<Origin>,
}

/// A query's result.
pub struct QueryResult {
    /// The columns of each batch.
    pub columns: Vec<ColumnDescription>,
    /// The rows, by column.
    pub batches: BoxStream<'static, Result<Vec<Column>, DatabaseError>>,
}

impl fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QueryResult").field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// A column of a query's result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDescription {
    /// The name that the statement gives it.
    pub name: String,
    /// What its values are.
    pub column_type: ColumnType,
    /// What the database calls its type.
    pub database_type: String,
}

/// What the values of a result column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Signed integers.
    I64,
    /// Unsigned integers.
    U64,
    /// Numbers.
    F64,
    /// True or false.
    Boolean,
    /// Text, coded or not.
    Text,
    /// Points in time.
    Time,
}

/// Why the database did not do what it was asked.
#[derive(Debug, Clone)]
pub struct DatabaseError {
    /// What can be done about it.
    pub kind: DatabaseErrorKind,
    /// What went wrong, for a person.
    pub message: String,
}

/// What can be done about a [`DatabaseError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DatabaseErrorKind {
    /// The statement, the lines or a name are wrong. Fix them.
    Invalid,
    /// There is no such database or table. Check the name.
    NotFound,
    /// It does not do such things. Do as the message says.
    NotSupported,
    /// It is full, busy or away. Try again later.
    Unavailable,
}

impl DatabaseError {
    /// An error of `kind` with a message for a person.
    pub fn new(kind: DatabaseErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for DatabaseError {}
