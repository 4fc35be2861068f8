//! All queries of clients come through here: so many at once, each for so long. The
//! newest are kept in mind.

mod error;
mod record;
mod sending;
mod turns;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate::{DatabaseError, DatabaseId, Parameters, TenantId};
use tokio::time::Instant;

use crate::caller::Caller;
use crate::server::Server;
use crate::system::View;
pub(crate) use error::QueryError;
pub(crate) use record::{Phase, QueryRecord};
use sending::{Piece, send};
use turns::{Turn, Turns};

/// How many queries are kept in mind.
const KEPT: usize = 1_000;

/// What `after` can count to.
const LONGEST: Duration = Duration::from_secs(365 * 86_400);

/// What queries may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QueryBounds {
    /// How many run at once.
    pub(crate) running: usize,
    /// How many of each tenant wait for the others.
    pub(crate) waiting: usize,
    /// How long they wait.
    pub(crate) patience: Duration,
    /// How long one may take, from its beginning to its last row.
    pub(crate) time: Duration,
}

/// The newest queries, and what new ones need.
#[derive(Debug)]
pub(crate) struct Queries {
    kept: Mutex<VecDeque<Arc<QueryRecord>>>,
    turns: Arc<Turns>,
    time: Duration,
}

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
    pub(crate) batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::FlightSql => "flightsql",
        }
    }
}

impl Queries {
    pub(crate) fn new(bounds: QueryBounds) -> Self {
        Self { kept: Mutex::default(), turns: Arc::new(Turns::new(bounds)), time: bounds.time.min(LONGEST) }
    }

    /// Runs a query, also over system tables.
    ///
    /// # Errors
    /// Those of the database, and if there are too many queries or this one takes
    /// too long.
    pub(crate) async fn run(&self, server: &Arc<Server>, query: Query<'_>) -> Result<Rows, QueryError> {
        let running = Running(self.begin(server, &query));
        let deadline = after(self.time);
        let (system, database) = (View::new(server, query.caller, query.database), Arc::clone(&server.database));
        let (id, sql, parameters) = (query.database.clone(), query.sql.to_owned(), query.parameters.clone());
        let planning = async move { database.sql_with(system, &id, (&sql, &parameters)).await };
        let planned = self.plan(&query.database.tenant, planning).await;
        let (rows, turn) = planned.inspect_err(|error| running.0.end(Phase::Failed, Some(error.to_string())))?;
        running.0.execute();
        let schema = rows.schema();
        let pieces = send(rows, turn, (deadline, self.time));
        let batches = stream::unfold(Some((pieces, running)), |state| async {
            let (mut pieces, running) = state?;
            match pieces.recv().await.unwrap_or_else(|| Err(QueryError::stopping())) {
                Ok(Piece::Rows(batch)) => {
                    running.0.count(batch.num_rows());
                    Some((Ok(batch), Some((pieces, running))))
                }
                Ok(Piece::End) => {
                    running.0.end(Phase::Success, None);
                    None
                }
                Err(error) => {
                    running.0.end(Phase::Failed, Some(error.to_string()));
                    Some((Err(error), None))
                }
            }
        });
        Ok(Rows { schema, batches: batches.boxed() })
    }

    /// Does what only plans, in its turn.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(crate) async fn only_plan<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        planning: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
    ) -> Result<T, QueryError> {
        self.plan(tenant, planning).await.map(|(planned, _)| planned)
    }

    /// Planning cannot be cancelled: it keeps its turn to its end, whether or not
    /// somebody waits for it, or there would be more of it than there may be.
    async fn plan<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        planning: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
    ) -> Result<(T, Turn), QueryError> {
        let turn = self.turns.take(tenant).await?;
        let planned = tokio::spawn(async move { (planning.await, turn) });
        match tokio::time::timeout(self.time, planned).await {
            Ok(Ok((planned, turn))) => Ok((planned?, turn)),
            Ok(Err(_)) => Err(QueryError::stopping()),
            Err(_) => Err(QueryError::TooLong(self.time)),
        }
    }

    fn begin(&self, server: &Server, query: &Query<'_>) -> Arc<QueryRecord> {
        let record = Arc::new(QueryRecord::new(server, query));
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
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time).unwrap_or(now)
}

/// A query whose rows somebody waits for. If that ends before they do, it was
/// cancelled.
struct Running(Arc<QueryRecord>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.end(Phase::Cancelled, None);
    }
}
