//! A query that is kept in mind, and how far it is.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{Clock, DatabaseId, Timestamp};
use uuid::Uuid;

use super::{Protocol, Query};
use crate::server::Server;

/// How much of the text of each, and of its error, is kept.
const KEPT_CHARACTERS: usize = 2_000;

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

impl QueryRecord {
    /// Of a query that comes now.
    pub(super) fn new(server: &Server, query: &Query<'_>) -> Self {
        Self {
            id: Uuid::new_v4(),
            issued: server.clock.now(),
            database: query.database.clone(),
            protocol: query.protocol,
            text: query.sql.chars().take(KEPT_CHARACTERS).collect(),
            clock: Arc::clone(&server.clock),
            progress: Mutex::new(Progress { phase: Phase::Planning, times: Times::default(), rows: 0, error: None }),
        }
    }

    /// It has been planned.
    pub(super) fn execute(&self) {
        let planned = self.elapsed();
        let mut progress = self.lock();
        (progress.phase, progress.times.planned) = (Phase::Executing, Some(planned));
    }

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

    pub(super) fn count(&self, rows: usize) {
        let mut progress = self.lock();
        progress.rows = progress.rows.saturating_add(u64::try_from(rows).unwrap_or(u64::MAX));
    }

    /// Ends it, unless it has ended.
    pub(super) fn end(&self, phase: Phase, error: Option<String>) {
        let ended = self.elapsed();
        let mut progress = self.lock();
        if progress.phase.is_running() {
            let error = error.map(|error| error.chars().take(KEPT_CHARACTERS).collect());
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
