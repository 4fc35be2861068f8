//! All queries of clients come through here: so many at once, each for so long,
//! on threads of their own. The newest are kept in mind.

mod error;
mod record;
mod turns;
mod workers;

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use tidegate::{DatabaseError, DatabaseId, Parameters, TenantId};
use tidegate_database::Stop;
use tokio::time::Instant;

use crate::caller::Caller;
use crate::server::Server;
use crate::system::View;
pub(crate) use error::QueryError;
pub(crate) use record::{Phase, QueryRecord};
use turns::{Turn, Turns};
use workers::{Piece, Workers};

/// How many queries are kept in mind.
const KEPT: usize = 1_000;

/// How long the rows of a query are waited for beyond its time: its thread may be
/// in the middle of something.
const LENIENCE: Duration = Duration::from_secs(2);

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
    workers: Workers,
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
    /// # Errors
    /// If the threads do not start.
    pub(crate) fn new(bounds: QueryBounds) -> std::io::Result<Self> {
        let turns = Arc::new(Turns::new(bounds));
        Ok(Self { kept: Mutex::default(), turns, workers: Workers::start()?, time: bounds.time.min(LONGEST) })
    }

    /// Runs a query, also over system tables.
    ///
    /// # Errors
    /// Those of the database, and if there are too many queries or this one takes
    /// too long.
    pub(crate) async fn run(&self, server: &Arc<Server>, query: Query<'_>) -> Result<Rows, QueryError> {
        let running = Running { record: self.begin(server, &query), stop: Stop::default() };
        let deadline = after(self.time);
        let last = after(self.time.saturating_add(LENIENCE));
        let (system, database) = (View::new(server, query.caller, query.database), Arc::clone(&server.database));
        let (id, sql, parameters) = (query.database.clone(), query.sql.to_owned(), query.parameters.clone());
        let stop = running.stop.clone();
        let planning = async move { database.sql_with(system, &id, (&sql, &parameters, &stop)).await };
        let planned = self.plan(&query.database.tenant, planning).await;
        let (rows, turn) = planned.inspect_err(|error| running.record.end(Phase::Failed, Some(error.to_string())))?;
        running.record.execute();
        let (schema, time) = (rows.schema(), self.time);
        let pieces = self.workers.send(rows, turn, (deadline, time));
        let batches = stream::unfold(Some((pieces, running)), move |state| async move {
            let (mut pieces, running) = state?;
            let piece = match tokio::time::timeout_at(last, pieces.recv()).await {
                Ok(Some(piece)) => piece,
                Ok(None) => Err(QueryError::stopping()),
                Err(_) => Err(QueryError::TooLong(time)),
            };
            match piece {
                Ok(Piece::Rows(batch)) => {
                    running.record.count(batch.num_rows());
                    Some((Ok(batch), Some((pieces, running))))
                }
                Ok(Piece::End) => {
                    running.record.end(Phase::Success, None);
                    None
                }
                Err(error) => {
                    running.record.end(Phase::Failed, Some(error.to_string()));
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
        let planned = self.workers.spawn(async move { (planning.await, turn) });
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
struct Running {
    record: Arc<QueryRecord>,
    stop: Stop,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.record.end(Phase::Cancelled, None);
        self.stop.stop();
    }
}
