//! A trigger while it exists: its plugin, its place in the log, its history.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use tokio::sync::{Notify, Semaphore};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use super::status::{DeadLetter, DeadLetters, History, TriggerState, TriggerStatus};
use crate::database::Position;
use crate::model::{Event, RunRecord, Timestamp, Trigger, TriggerSpec};
use crate::sandbox::Code;

/// No trigger may take all slots.
const MAX_CONCURRENCY: usize = 32;

/// Requests that may wait for one trigger.
pub(super) const MAX_WAITING: usize = 1_000;

/// A plugin under its name. Replacing its code changes all triggers that run it.
#[derive(Debug)]
pub(crate) struct PluginSlot {
    pub(crate) name: String,
    code: RwLock<Code>,
}

impl PluginSlot {
    pub(crate) fn new(name: &str, code: Code) -> Self {
        Self { name: name.to_owned(), code: RwLock::new(code) }
    }

    pub(crate) fn code(&self) -> Code {
        self.code.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, code: Code) {
        *self.code.write().unwrap_or_else(PoisonError::into_inner) = code;
    }
}

/// A trigger while it exists.
#[derive(Debug)]
pub(crate) struct Active {
    pub(crate) trigger: Trigger,
    pub(crate) plugin: Arc<PluginSlot>,
    /// Wakes the driver of a write trigger.
    pub(super) wake: Notify,
    /// Lets as many requests run at once as the trigger allows.
    pub(super) gate: Semaphore,
    /// Lets only so many more wait for that.
    pub(super) waiting: Semaphore,
    /// Held by a commit until it is done: whoever goes on after a trigger was
    /// stopped waits for that.
    pub(super) committing: tokio::sync::Mutex<()>,
    progress: Mutex<Progress>,
}

#[derive(Debug)]
struct Progress {
    state: TriggerState,
    /// A number for each time that a trigger was enabled, whichever it was: what runs
    /// leave for later ones is not found once that is over.
    enabling: u64,
    /// Removed for good: a handle that somebody still has does nothing.
    removed: bool,
    driver: Option<AbortHandle>,
    /// Ends requests in progress when the trigger is stopped.
    stopped: CancellationToken,
    /// Everything before it is dealt with.
    cursor: Position,
    /// Where rows that it wants were seen first since it last looked.
    seen: Option<Position>,
    /// Whether its driver has dealt with all that was seen.
    idle: bool,
    history: History,
    dead_letters: DeadLetters,
    lost_records: u64,
    undelivered_rows: u64,
}

impl Active {
    pub(crate) fn new(trigger: Trigger, plugin: Arc<PluginSlot>, cursor: Position) -> Self {
        let progress = Progress {
            state: TriggerState::Disabled,
            enabling: 0,
            removed: false,
            driver: None,
            stopped: CancellationToken::new(),
            cursor,
            // So that it looks at what is there already.
            seen: Some(cursor),
            idle: false,
            history: History::default(),
            dead_letters: DeadLetters::default(),
            lost_records: 0,
            undelivered_rows: 0,
        };
        let gate = Semaphore::new(concurrency(&trigger));
        let committing = tokio::sync::Mutex::new(());
        Self {
            trigger,
            plugin,
            wake: Notify::new(),
            gate,
            waiting: Semaphore::new(MAX_WAITING),
            committing,
            progress: Mutex::new(progress),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells this time of being enabled from all others.
    pub(super) fn enabling(&self) -> u64 {
        self.lock().enabling
    }

    pub(crate) fn is_enabled(&self) -> bool {
        self.lock().state == TriggerState::Enabled
    }

    pub(super) fn is_write(&self) -> bool {
        matches!(self.trigger.spec, TriggerSpec::Write(_))
    }

    /// How many of its runs may be in progress at once.
    pub(super) fn concurrency(&self) -> usize {
        concurrency(&self.trigger)
    }

    /// Enables it, and keeps what ends the driver that `start` starts; nothing
    /// if it is enabled already.
    pub(super) fn enable(&self, start: impl FnOnce() -> Option<AbortHandle>) {
        static LAST: AtomicU64 = AtomicU64::new(0);
        {
            let mut progress = self.lock();
            if progress.removed || progress.state == TriggerState::Enabled {
                return;
            }
            progress.state = TriggerState::Enabled;
            progress.enabling = LAST.fetch_add(1, Ordering::Relaxed).saturating_add(1);
            progress.stopped = CancellationToken::new();
            // What was written while it was disabled is still to be read.
            progress.seen = Some(progress.cursor);
            progress.idle = false;
            // Under the lock, so that there is never more than one.
            progress.driver = start();
        }
        self.wake.notify_one();
    }

    /// Stops it: runs in progress are given up, their events not dealt with.
    pub(super) fn stop(&self, state: TriggerState, feed: Position) {
        let driver = {
            let mut progress = self.lock();
            progress.settle(feed);
            progress.state = state;
            progress.stopped.cancel();
            progress.driver.take()
        };
        if let Some(driver) = driver {
            driver.abort();
        }
    }

    /// Says that rows which it wants stand at or behind `position`.
    pub(super) fn rows_seen(&self, position: Position) {
        {
            let mut progress = self.lock();
            progress.settle(position);
            progress.seen.get_or_insert(position);
        }
        self.wake.notify_one();
    }

    /// Where its driver should read on; it is idle if there is nothing.
    pub(super) fn take_seen(&self) -> Option<Position> {
        let mut progress = self.lock();
        let seen = progress.seen.take();
        progress.idle = seen.is_none();
        Some(seen?.max(progress.cursor))
    }

    /// Whether there are rows that it wants behind those it deals with now.
    pub(super) fn take_more(&self) -> bool {
        self.lock().seen.take().is_some()
    }

    /// What ends when it is stopped.
    pub(super) fn stopped(&self) -> CancellationToken {
        self.lock().stopped.clone()
    }

    /// Takes it away for good.
    pub(super) fn remove(&self, feed: Position) {
        // First, or whoever enables it in between would start it for good.
        self.lock().removed = true;
        self.stop(TriggerState::Disabled, feed);
    }

    pub(super) fn is_removed(&self) -> bool {
        self.lock().removed
    }

    /// Says that everything before `position` is dealt with.
    pub(super) fn advance(&self, position: Position) {
        let mut progress = self.lock();
        progress.cursor = progress.cursor.max(position);
    }

    /// Its place in the log: while it is idle, that of the `feed`, which would
    /// have told it of rows before.
    pub(crate) fn cursor(&self, feed: Position) -> Position {
        self.lock().cursor(feed)
    }

    pub(super) fn ran(&self, record: Arc<RunRecord>) {
        self.lock().history.push(record);
    }

    /// Its newest runs, the last first.
    pub(crate) fn recent_runs(&self) -> Vec<Arc<RunRecord>> {
        self.lock().history.newest()
    }

    /// Takes the place of `other`, which has been removed: all that is known of
    /// it, and its place in the log if both read that.
    pub(crate) fn succeed(&self, other: &Self) {
        let (mut progress, mut other_progress) = (self.lock(), other.lock());
        if self.is_write() && other.is_write() {
            progress.cursor = progress.cursor.max(other_progress.cursor);
        }
        progress.history = std::mem::take(&mut other_progress.history);
        progress.dead_letters = std::mem::take(&mut other_progress.dead_letters);
        progress.lost_records = other_progress.lost_records;
        progress.undelivered_rows = other_progress.undelivered_rows;
    }

    pub(super) fn set_aside(&self, event: Event, (time, error): (Timestamp, String)) {
        self.lock().dead_letters.push(DeadLetter { time, error, event });
    }

    pub(super) fn lost(&self, records: u64) {
        let mut progress = self.lock();
        progress.lost_records = progress.lost_records.saturating_add(records);
    }

    pub(super) fn undelivered(&self, rows: usize) {
        let mut progress = self.lock();
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        progress.undelivered_rows = progress.undelivered_rows.saturating_add(rows);
    }

    pub(crate) fn dead_letters(&self) -> Vec<DeadLetter> {
        self.lock().dead_letters.kept()
    }

    pub(crate) fn status(&self, (feed, head): (Position, Position)) -> TriggerStatus {
        let progress = self.lock();
        let cursor = self.is_write().then(|| progress.cursor(feed));
        TriggerStatus {
            trigger: self.trigger.clone(),
            plugin: self.plugin.name.clone(),
            state: progress.state.clone(),
            runs: progress.history.runs,
            failures: progress.history.failures,
            last_run: progress.history.last(),
            cursor,
            lag_records: cursor.map_or(0, |cursor| head.record.saturating_sub(cursor.record)),
            dead_letters: progress.dead_letters.count,
            lost_records: progress.lost_records,
            undelivered_rows: progress.undelivered_rows,
        }
    }
}

fn concurrency(trigger: &Trigger) -> usize {
    trigger.concurrency.clamp(1, MAX_CONCURRENCY)
}

impl Progress {
    /// Ends its being idle: it has dealt with all before `position`, since it
    /// would have been told of rows there.
    fn settle(&mut self, position: Position) {
        if std::mem::take(&mut self.idle) {
            self.cursor = self.cursor.max(position);
        }
    }

    fn cursor(&self, feed: Position) -> Position {
        if self.idle { self.cursor.max(feed) } else { self.cursor }
    }
}
