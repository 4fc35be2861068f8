//! What becomes of a run: its commit, its record, its retry or its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::AbortOnDropHandle;

use super::retry::{self, Next};
use super::{Active, Dispatch, TriggerState};
use crate::cpu_meter::CpuMeter;
use crate::database::{Commit, CursorChange, DatabaseError, DatabaseErrorKind, Durability, Origin, Position};
use crate::error::{Error, ErrorKind};
use crate::host::Effects;
use crate::model::{
    Ending, ErrorBehavior, Event, Failure, FailureDetail, LogEntry, LogLevel, Notice, Outcome, RETRIES, RunRecord,
    TriggerSpec,
};

use crate::sandbox::Patience;

/// How InfluxDB 3 begins to say that what a run wrote is refused. The Python
/// runner says it in the same words.
const NOT_WRITTEN: &str = "error writing back lines to";

/// An event that has been run, and what is to become of it.
pub(super) struct Settled {
    pub(super) event: Arc<Event>,
    pub(super) depth: u8,
    pub(super) verdict: Verdict,
}

/// What is to become of an event.
pub(super) enum Verdict {
    /// Its run succeeded, after so many that did not.
    Commit(Box<Outcome>, u32),
    /// It is set aside, for this reason.
    DeadLetter(String),
    /// The trigger stops, for this reason.
    Disable(String),
}

/// Whether a trigger goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GoesOn {
    Yes,
    No,
}

impl Dispatch {
    /// Begins an attempt that goes on by itself, so that it holds a slot no longer
    /// than it runs, whatever its trigger waits for.
    pub(super) fn begin_attempt(
        self: &Arc<Self>,
        active: &Arc<Active>,
        event: (Event, u8),
    ) -> impl Future<Output = Settled> + Send + 'static {
        let event = (Arc::new(event.0), event.1);
        let attempt = Arc::clone(self).attempt(Arc::clone(active), (Arc::clone(&event.0), event.1));
        let task = AbortOnDropHandle::new(self.services.tasks.spawn(attempt));
        async move {
            let panicked = |_| Settled {
                event: event.0,
                depth: event.1,
                verdict: Verdict::DeadLetter(
                    "the runtime panicked while it ran the plugin; please report it".to_owned(),
                ),
            };
            task.await.unwrap_or_else(panicked)
        }
    }

    /// Runs an event until it succeeds or its trigger's policy gives up. The
    /// one thing left to do is what the verdict says.
    async fn attempt(self: Arc<Self>, active: Arc<Active>, (event, depth): (Arc<Event>, u8)) -> Settled {
        let mut attempt = 0_u32;
        let verdict = loop {
            let next = match self.run(&active, (Arc::clone(&event), Patience::Wait), (depth, Effects::Real)).await {
                Ok(outcome) => {
                    let policy = (active.trigger.error_behavior, active.trigger.retries);
                    let next = retry::next(&outcome.ending, policy, attempt);
                    if next == Next::Commit {
                        break Verdict::Commit(Box::new(outcome), attempt);
                    }
                    let error = outcome.error().unwrap_or_default();
                    // First what it says, so that whoever waits for the record has it.
                    self.say_error(&active, &outcome);
                    self.record(&active, (&outcome, Duration::ZERO), attempt);
                    (next, error)
                }
                Err(error) => (self.own_error(&active, &error, attempt), error.to_string()),
            };
            match next {
                (Next::RetryAfter(wait), _) => self.services.clock.sleep(wait).await,
                (Next::Disable, error) => break Verdict::Disable(error),
                (Next::DeadLetter | Next::Commit, error) => break Verdict::DeadLetter(error),
            }
            attempt = attempt.saturating_add(1);
        };
        Settled { event, depth, verdict }
    }

    /// Our errors are not the plugin's: whatever its policy, its event comes
    /// again, unless it is the event that breaks us.
    fn own_error(&self, active: &Active, error: &Error, attempt: u32) -> Next {
        tracing::warn!(%error, attempt, trigger = %active.trigger.id, "a run could not be done");
        self.say(active, LogLevel::Warn, format!("a run could not be done: {error}"));
        if error.kind() == ErrorKind::Internal {
            return retry::next(&Ending::Crashed(String::new()), (ErrorBehavior::Retry, RETRIES), attempt);
        }
        Next::RetryAfter(retry::wait(attempt))
    }

    /// Does what the verdict says, together with the advance of the cursor.
    pub(super) async fn finish(
        self: &Arc<Self>,
        active: &Arc<Active>,
        settled: Settled,
        position: Option<Position>,
    ) -> GoesOn {
        let Settled { event, depth, verdict } = settled;
        let error = match verdict {
            Verdict::Commit(outcome, attempt) => {
                match self.commit_patiently(active, (*outcome, attempt), (depth, position)).await {
                    Ok(()) => return GoesOn::Yes,
                    Err(error) if active.trigger.error_behavior == ErrorBehavior::Disable => {
                        self.give_up(active, error);
                        return GoesOn::No;
                    }
                    Err(error) => error,
                }
            }
            Verdict::DeadLetter(error) => error,
            Verdict::Disable(error) => {
                self.say(active, LogLevel::Error, format!("disabling trigger due to error: {error}"));
                self.give_up(active, error);
                return GoesOn::No;
            }
        };
        active.set_aside(Arc::unwrap_or_clone(event), (self.services.clock.now(), error));
        if let Some(position) = position {
            active.advance(position);
        }
        GoesOn::Yes
    }

    /// Stops a trigger for what one of its runs did.
    fn give_up(&self, active: &Active, error: String) {
        active.stop(TriggerState::Failed(error.clone()), self.feed.position());
        let _ = self.services.notices.send(Notice::Stopped(active.trigger.id.clone(), error));
    }

    /// Commits a successful run; while the database is away, again and again:
    /// that is not the event's fault.
    async fn commit_patiently(
        self: &Arc<Self>,
        active: &Arc<Active>,
        (outcome, earlier): (Outcome, u32),
        (depth, position): (u8, Option<Position>),
    ) -> Result<(), String> {
        let outcome = Arc::new(outcome);
        for attempt in 0_u32.. {
            match self.commit(active, (&outcome, earlier), (depth, position)).await {
                Ok(()) => return Ok(()),
                Err(error) if error.kind == DatabaseErrorKind::Unavailable => {
                    tracing::warn!(%error, trigger = %active.trigger.id, "the database does not commit; trying again");
                    self.services.clock.sleep(retry::wait(attempt)).await;
                }
                Err(error) => return Err(self.refused(active, &outcome, &error)),
            }
        }
        Ok(())
    }

    /// Commits a successful run, publishes its cache entries, keeps its record.
    ///
    /// In a task of its own: once begun it comes to its end, even if the trigger
    /// is disabled meanwhile, so that cursor and rows never part.
    pub(super) async fn commit(
        self: &Arc<Self>,
        active: &Arc<Active>,
        (outcome, attempt): (&Arc<Outcome>, u32),
        (depth, position): (u8, Option<Position>),
    ) -> Result<(), DatabaseError> {
        let (dispatch, active, outcome) = (Arc::clone(self), Arc::clone(active), Arc::clone(outcome));
        let task = self.tasks.spawn_on(
            async move {
                let _committing = active.committing.lock().await;
                if active.is_removed() {
                    return Ok(());
                }
                let id = &active.trigger.id;
                let advance = position.map(|position| (id.clone(), CursorChange::Advance(position)));
                let commit = Commit {
                    origin: Some(Origin { trigger: id.clone(), depth }),
                    lines: outcome.staged.clone(),
                    time: dispatch.services.clock.now(),
                    cursors: BTreeMap::from_iter(advance),
                    durability: Durability::Durable,
                };
                let meter = CpuMeter::default();
                if !commit.lines.is_empty() || !commit.cursors.is_empty() {
                    meter.count(dispatch.services.database.commit(commit)).await?;
                }
                for change in &outcome.cache {
                    dispatch.services.cache.apply(change.clone());
                }
                if let Some(position) = position {
                    active.advance(position);
                }
                dispatch.record(&active, (&outcome, meter.used()), attempt);
                Ok(())
            },
            &self.services.tasks,
        );
        let ended = |_| DatabaseError::new(DatabaseErrorKind::Unavailable, "the commit was given up");
        task.await.map_err(ended)?
    }

    /// Records a run that succeeded and whose lines the database refused.
    pub(super) fn refused(&self, active: &Active, outcome: &Outcome, error: &DatabaseError) -> String {
        let databases: Vec<_> = outcome.staged.keys().map(ToString::to_string).collect();
        let message = format!("{NOT_WRITTEN} {}: Cannot write: {error}", databases.join(", "));
        // The database shows the values that it refuses.
        let message = active.trigger.grants.redaction().apply(message);
        let mut refused = outcome.clone();
        let detail = FailureDetail { message: message.clone(), traceback: None };
        refused.ending = Ending::Failed(Failure::Invalid(detail));
        self.say_error(active, &refused);
        self.record(active, (&refused, Duration::ZERO), 0);
        message
    }

    /// Keeps the record of a run, whose commit took `commit_cpu`.
    pub(super) fn record(&self, active: &Active, (outcome, commit_cpu): (&Outcome, Duration), attempt: u32) {
        let mut usage = outcome.usage.clone();
        usage.host_cpu = usage.host_cpu.saturating_add(commit_cpu);
        let record = RunRecord {
            run: outcome.run,
            trigger: active.trigger.id.clone(),
            started: outcome.started,
            attempt,
            ending: outcome.ending.name(),
            error: outcome.error(),
            traceback: outcome.traceback().map(str::to_owned),
            usage,
            limits: outcome.limits.clone(),
            seed: outcome.seed,
        };
        let record = Arc::new(record);
        active.ran(Arc::clone(&record));
        // Nobody need be listening.
        let _ = self.services.notices.send(Notice::Run(record));
    }

    /// Tells the trigger's owner why a run did not succeed, in InfluxDB 3's
    /// words and with the traceback that it lacks.
    pub(super) fn say_error(&self, active: &Active, outcome: &Outcome) {
        let Some(error) = outcome.error() else { return };
        let not_written = error.starts_with(NOT_WRITTEN);
        let what = match active.trigger.spec {
            TriggerSpec::Write(_) if not_written => "error running wal plugin",
            TriggerSpec::Write(_) => "error executing wal plugin",
            TriggerSpec::Schedule(_) if not_written => "error running schedule plugin",
            TriggerSpec::Schedule(_) => "error executing schedule plugin",
            TriggerSpec::Request(_) => "error running request plugin",
        };
        let traceback = outcome.traceback().map(|traceback| format!("\n{traceback}")).unwrap_or_default();
        let message = format!("{what}: {error}{traceback}");
        self.say_of(active, Some(outcome.run), (LogLevel::Error, message));
    }

    pub(super) fn say(&self, active: &Active, level: LogLevel, message: String) {
        self.say_of(active, None, (level, message));
    }

    fn say_of(&self, active: &Active, run: Option<u64>, (level, message): (LogLevel, String)) {
        let entry = LogEntry { time: self.services.clock.now(), run, level, message };
        let _ = self.services.notices.send(Notice::Log(active.trigger.id.clone(), entry));
    }
}
