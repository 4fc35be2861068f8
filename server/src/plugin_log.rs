//! What plugins say and how their runs end: into the server's log, and for
//! each trigger the newest entries to be fetched.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{LogEntry, LogLevel, Notice, RunRecord, TriggerId};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// What is kept of each trigger's log.
const KEPT_ENTRIES: usize = 1_000;
const KEPT_BYTES: usize = 256 << 10;

/// The newest log entries of each trigger.
#[derive(Debug, Default)]
pub(crate) struct PluginLog(Mutex<HashMap<TriggerId, Recent>>);

#[derive(Debug, Default)]
struct Recent {
    entries: VecDeque<LogEntry>,
    bytes: usize,
}

impl PluginLog {
    /// Begins to keep what `trigger` says. Entries of triggers that are not
    /// followed are not kept: they would come back after the trigger is gone.
    pub(crate) fn follow(&self, trigger: TriggerId) {
        self.lock().entry(trigger).or_default();
    }

    /// Forgets a trigger that is gone.
    pub(crate) fn forget(&self, trigger: &TriggerId) {
        self.lock().remove(trigger);
    }

    /// The newest `limit` entries of a trigger, the oldest of them first.
    pub(crate) fn recent(&self, trigger: &TriggerId, limit: usize) -> Vec<LogEntry> {
        let recent = self.lock();
        let Some(recent) = recent.get(trigger) else {
            return Vec::new();
        };
        let skipped = recent.entries.len().saturating_sub(limit);
        recent.entries.iter().skip(skipped).cloned().collect()
    }

    /// Logs and keeps one entry.
    pub(crate) fn say(&self, trigger: &TriggerId, entry: LogEntry) {
        log_entry(trigger, &entry);
        if let Some(recent) = self.lock().get_mut(trigger) {
            recent.push(entry);
        }
    }

    /// Logs and keeps what the runtime tells, until it is gone.
    pub(crate) async fn listen(self: Arc<Self>, mut notices: Receiver<Notice>) {
        loop {
            match notices.recv().await {
                Ok(Notice::Log(trigger, entry)) => self.say(&trigger, entry),
                Ok(Notice::Run(record)) => log_run(&record),
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "plugins say more than can be logged")
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TriggerId, Recent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recent {
    fn push(&mut self, entry: LogEntry) {
        self.bytes = self.bytes.saturating_add(entry.message.len());
        self.entries.push_back(entry);
        while (self.bytes > KEPT_BYTES || self.entries.len() > KEPT_ENTRIES)
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes = self.bytes.saturating_sub(oldest.message.len());
        }
    }
}

fn log_entry(id: &TriggerId, entry: &LogEntry) {
    let (trigger, database, tenant) = (&id.name, &id.database, id.tenant());
    let message = indented(&entry.message);
    match entry.level {
        LogLevel::Debug => tracing::debug!(target: "plugin", %trigger, %database, %tenant, "{message}"),
        LogLevel::Info => tracing::info!(target: "plugin", %trigger, %database, %tenant, "{message}"),
        LogLevel::Warn => tracing::warn!(target: "plugin", %trigger, %database, %tenant, "{message}"),
        LogLevel::Error => tracing::error!(target: "plugin", %trigger, %database, %tenant, "{message}"),
    }
}

/// The guest chose the message: none of its lines may look like an entry of its
/// own.
fn indented(message: &str) -> String {
    message.replace('\r', "\\r").trim_end_matches('\n').replace('\n', "\n    ")
}

fn log_run(record: &RunRecord) {
    let RunRecord { usage, limits, .. } = record;
    tracing::debug!(
        target: "run",
        trigger = %record.trigger.name,
        database = %record.trigger.database,
        tenant = %record.trigger.tenant(),
        run = record.run,
        ending = record.ending,
        error = record.error,
        fuel = usage.fuel,
        fuel_limit = limits.fuel,
        wall_ms = usage.wall.as_secs_f64() * 1e3,
        deadline_ms = limits.deadline.as_secs_f64() * 1e3,
        peak_memory_bytes = usage.peak_memory_bytes,
        memory_limit_bytes = limits.memory_bytes,
        "a run ended"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate::{DatabaseName, Timestamp, TriggerName};

    fn id() -> TriggerId {
        TriggerId { database: DatabaseName::new("sensors").unwrap().into(), name: TriggerName::new("hourly").unwrap() }
    }

    fn entry(message: &str) -> LogEntry {
        LogEntry { time: Timestamp(0), run: None, level: LogLevel::Info, message: message.into() }
    }

    #[test]
    fn the_newest_entries_are_kept_within_bounds() {
        let log = PluginLog::default();
        log.follow(id());
        (0..1_500).for_each(|number| log.say(&id(), entry(&number.to_string())));
        assert_eq!(log.recent(&id(), 5_000).len(), KEPT_ENTRIES);
        assert_eq!(log.recent(&id(), 2), [entry("1498"), entry("1499")]);

        log.say(&id(), entry(&"x".repeat(KEPT_BYTES)));
        assert_eq!(log.recent(&id(), 5_000).len(), 1);
    }

    #[test]
    fn a_plugin_cannot_forge_an_entry() {
        let message = "hi\n2026-11-23T16:46:01Z  INFO listening\r2026\n";
        assert_eq!(indented(message), "hi\n    2026-11-23T16:46:01Z  INFO listening\\r2026");
    }

    #[test]
    fn a_trigger_that_is_gone_leaves_nothing_behind() {
        let log = PluginLog::default();
        log.follow(id());
        log.forget(&id());
        log.say(&id(), entry("late"));
        assert_eq!(log.recent(&id(), 10), []);
    }
}
