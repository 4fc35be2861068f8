//! All queries of clients come through here, and the newest are kept in mind.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate::{Clock, DatabaseError, DatabaseId, Parameters, TenantId, Timestamp};
use uuid::Uuid;

use crate::caller::Caller;
use crate::server::Server;
use crate::system::View;

/// How many queries are kept in mind, and how much of the text of each.
const KEPT: usize = 1_000;
const KEPT_CHARACTERS: usize = 2_000;

/// The newest queries.
#[derive(Debug, Default)]
pub(crate) struct Queries(Mutex<VecDeque<Arc<QueryRecord>>>);

/// How a query came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// Over HTTP or with a Flight ticket.
    Sql,
    /// As a Flight SQL command.
    FlightSql,
}

/// What a client asks.
pub(crate) struct Query<'q> {
    pub(crate) caller: &'q Caller,
    pub(crate) database: &'q DatabaseId,
    pub(crate) sql: &'q str,
    pub(crate) parameters: &'q Parameters,
    pub(crate) protocol: Protocol,
}

/// What a query returns, as it comes.
pub(crate) struct Rows {
    pub(crate) schema: SchemaRef,
    pub(crate) batches: BoxStream<'static, Result<RecordBatch, DatabaseError>>,
}

/// A query, and how far it is.
#[derive(Debug)]
pub(crate) struct QueryRecord {
    pub(crate) id: Uuid,
    pub(crate) issued: Timestamp,
    pub(crate) database: DatabaseId,
    pub(crate) protocol: Protocol,
    pub(crate) text: String,
    clock: Arc<dyn Clock>,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    phase: Phase,
    times: Times,
    rows: u64,
    error: Option<String>,
}

/// How long it took, in nanoseconds, as far as it has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    pub(crate) planned: Option<i64>,
    pub(crate) executed: Option<i64>,
    pub(crate) ended: Option<i64>,
}

/// How far a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Planning,
    Executing,
    Success,
    Failed,
    /// Nobody waits for the rest of its rows.
    Cancelled,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::FlightSql => "flightsql",
        }
    }
}

impl Phase {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Planning => "planning",
            Self::Executing => "executing",
            Self::Success => "success",
            Self::Failed => "fail",
            Self::Cancelled => "cancel",
        }
    }

    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Planning | Self::Executing)
    }
}

impl Queries {
    /// Runs a query, also over system tables.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn run(&self, server: &Arc<Server>, query: Query<'_>) -> Result<Rows, DatabaseError> {
        let record = self.begin(server, &query);
        let running = Running(Arc::clone(&record));
        let system = View::new(server, query.caller, query.database);
        let started = server.database.sql_with(system, query.database, (query.sql, query.parameters)).await;
        let stream = started.inspect_err(|error| record.end(Phase::Failed, Some(error.message.clone())))?;
        record.lock().phase = Phase::Executing;
        record.lock().times.planned = Some(record.elapsed());
        let schema = stream.schema();
        let batches = stream::unfold((stream, running), |(mut stream, running)| async move {
            let Some(batch) = stream.next().await else {
                running.0.end(Phase::Success, None);
                return None;
            };
            match &batch {
                Ok(batch) => running.0.count(batch.num_rows()),
                Err(error) => running.0.end(Phase::Failed, Some(error.to_string())),
            }
            Some((batch.map_err(|error| tidegate_database::executing(&error)), (stream, running)))
        });
        Ok(Rows { schema, batches: batches.fuse().boxed() })
    }

    fn begin(&self, server: &Server, query: &Query<'_>) -> Arc<QueryRecord> {
        let record = Arc::new(QueryRecord {
            id: Uuid::new_v4(),
            issued: server.clock.now(),
            database: query.database.clone(),
            protocol: query.protocol,
            text: query.sql.chars().take(KEPT_CHARACTERS).collect(),
            clock: Arc::clone(&server.clock),
            progress: Mutex::new(Progress { phase: Phase::Planning, times: Times::default(), rows: 0, error: None }),
        });
        let mut kept = self.lock();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Arc::clone(&record));
        record
    }

    /// The newest queries, the oldest of them first.
    pub(crate) fn recent(&self) -> Vec<Arc<QueryRecord>> {
        self.lock().iter().cloned().collect()
    }

    /// Forgets the queries of a tenant that is gone.
    pub(crate) fn forget(&self, tenant: &TenantId) {
        self.lock().retain(|query| query.database.tenant != *tenant);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<QueryRecord>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A query whose rows somebody waits for. If that ends before they do, it was
/// cancelled.
struct Running(Arc<QueryRecord>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end(Phase::Cancelled, None);
    }
}

impl QueryRecord {
    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase
    }

    pub(crate) fn times(&self) -> Times {
        self.lock().times
    }

    pub(crate) fn rows(&self) -> u64 {
        self.lock().rows
    }

    pub(crate) fn error(&self) -> Option<String> {
        self.lock().error.clone()
    }

    fn count(&self, rows: usize) {
        let mut progress = self.lock();
        progress.rows = progress.rows.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
    }

    /// Ends it, unless it has ended.
    fn end(&self, phase: Phase, error: Option<String>) {
        let ended = self.elapsed();
        let mut progress = self.lock();
        if progress.phase.is_running() {
            (progress.phase, progress.error) = (phase, error);
            progress.times.executed = progress.times.planned.map(|planned| ended.saturating_sub(planned));
            progress.times.ended = Some(ended);
        }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.clock.now().since(self.issued).as_nanos()).unwrap_or(i64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
