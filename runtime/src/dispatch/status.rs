//! What can be seen of a trigger from outside.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::database::Position;
use crate::model::{Event, RunRecord, Timestamp, Trigger};

/// A trigger and how it fares.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TriggerStatus {
    /// As it was created.
    pub trigger: Trigger,
    /// The plugin that it runs.
    pub plugin: String,
    /// Whether it runs at all.
    pub state: TriggerState,
    /// Runs that ended.
    pub runs: u64,
    /// Those that did not succeed.
    pub failures: u64,
    /// The last of them.
    pub last_run: Option<Arc<RunRecord>>,
    /// For a write trigger, its place in the log.
    pub cursor: Option<Position>,
    /// Records in the log that it has not dealt with.
    pub lag_records: u64,
    /// Events set aside.
    pub dead_letters: u64,
    /// Records that the log dropped before the trigger had read them.
    pub lost_records: u64,
    /// Rows not delivered because they came from a loop of triggers.
    pub undelivered_rows: u64,
}

/// Whether a trigger runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TriggerState {
    /// It does.
    Enabled,
    /// Somebody stopped it.
    Disabled,
    /// It stopped itself, for this reason.
    Failed(String),
}

/// An event that was set aside.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DeadLetter {
    /// When.
    pub time: Timestamp,
    /// Why.
    pub error: String,
    /// The event itself.
    pub event: Event,
}

/// How many runs are remembered of each trigger.
const REMEMBERED_RUNS: usize = 100;

/// The newest runs of a trigger, and how many there were.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    pub(super) runs: u64,
    pub(super) failures: u64,
    newest: VecDeque<Arc<RunRecord>>,
}

impl History {
    pub(super) fn push(&mut self, record: Arc<RunRecord>) {
        self.runs = self.runs.saturating_add(1);
        if record.error.is_some() {
            self.failures = self.failures.saturating_add(1);
        }
        if self.newest.len() == REMEMBERED_RUNS {
            self.newest.pop_front();
        }
        self.newest.push_back(record);
    }

    pub(super) fn last(&self) -> Option<Arc<RunRecord>> {
        self.newest.back().cloned()
    }

    /// The newest of them, the last first.
    pub(super) fn newest(&self) -> Vec<Arc<RunRecord>> {
        self.newest.iter().rev().cloned().collect()
    }
}

/// The newest dead letters of a trigger, bounded in bytes.
#[derive(Debug, Default)]
pub(super) struct DeadLetters {
    kept: VecDeque<DeadLetter>,
    bytes: usize,
    pub(super) count: u64,
}

/// What the dead letters of one trigger may take in memory.
const MAX_BYTES: usize = 8 << 20;
/// Even an empty event takes some.
const OVERHEAD: usize = 512;

impl DeadLetters {
    /// Sets an event aside; the oldest ones make room for it.
    pub(super) fn push(&mut self, letter: DeadLetter) {
        self.count = self.count.saturating_add(1);
        self.bytes = self.bytes.saturating_add(cost(&letter));
        self.kept.push_back(letter);
        while self.bytes > MAX_BYTES
            && let Some(oldest) = self.kept.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(cost(&oldest));
        }
    }

    pub(super) fn kept(&self) -> Vec<DeadLetter> {
        self.kept.iter().cloned().collect()
    }
}

fn cost(letter: &DeadLetter) -> usize {
    letter.event.byte_size().saturating_add(letter.error.len()).saturating_add(OVERHEAD)
}
