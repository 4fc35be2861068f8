//! What becomes of a run: its commit, its record, its retry or its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::retry::{self, Next};
use super::{Active, Dispatch, TriggerState};
use crate::database::{Commit, CursorChange, DatabaseError, DatabaseErrorKind, Durability, Origin, Position};
use crate::error::Error;
use crate::host::Effects;
use crate::model::{
    Ending, Event, Failure, FailureDetail, LogEntry, LogLevel, Notice, Outcome, RunRecord, TriggerSpec,
};

/// An event that has been run, and what is to become of it.
pub(super) struct Settled {
    pub(super) event: Arc<Event>,
    pub(super) depth: u8,
    pub(super) verdict: Verdict,
}

/// What is to become of an event.
pub(super) enum Verdict {
    /// Its run succeeded.
    Commit(Box<Outcome>),
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
    /// Runs an event until it succeeds or its trigger's policy gives up. The
    /// one thing left to do is what the verdict says.
    pub(super) async fn attempt(self: Arc<Self>, active: Arc<Active>, (event, depth): (Event, u8)) -> Settled {
        let event = Arc::new(event);
        let mut attempt = 0_u32;
        let verdict = loop {
            let next = match self.run(&active, Arc::clone(&event), (depth, Effects::Real)).await {
                Ok(outcome) => {
                    let next = retry::next(&outcome.ending, active.trigger.error_behavior, attempt);
                    if next == Next::Commit {
                        break Verdict::Commit(Box::new(outcome));
                    }
                    let error = outcome.error().unwrap_or_default();
                    self.record(&active, &outcome, attempt);
                    self.say_error(&active, &outcome);
                    (next, error)
                }
                Err(error) => (self.own_error(&error, attempt), error.to_string()),
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

    /// Our errors are not the plugin's: whatever its policy, they are retried.
    fn own_error(&self, error: &Error, attempt: u32) -> Next {
        tracing::warn!(%error, attempt, "a run could not be done");
        retry::next(&Ending::Crashed(error.to_string()), crate::ErrorBehavior::Retry, attempt)
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
            Verdict::Commit(outcome) => match self.commit_patiently(active, *outcome, (depth, position)).await {
                Ok(()) => return GoesOn::Yes,
                Err(error) if active.trigger.error_behavior == crate::ErrorBehavior::Disable => {
                    active.stop(TriggerState::Failed(error));
                    return GoesOn::No;
                }
                Err(error) => error,
            },
            Verdict::DeadLetter(error) => error,
            Verdict::Disable(error) => {
                self.say(active, LogLevel::Error, format!("disabling trigger due to error: {error}"));
                active.stop(TriggerState::Failed(error));
                return GoesOn::No;
            }
        };
        active.set_aside(Arc::unwrap_or_clone(event), (self.services.clock.now(), error));
        if let Some(position) = position {
            active.advance(position);
        }
        GoesOn::Yes
    }

    /// Commits a successful run; while the database is away, again and again:
    /// that is not the event's fault.
    async fn commit_patiently(
        self: &Arc<Self>,
        active: &Arc<Active>,
        outcome: Outcome,
        (depth, position): (u8, Option<Position>),
    ) -> Result<(), String> {
        let outcome = Arc::new(outcome);
        for attempt in 0_u32.. {
            match self.commit(active, &outcome, (depth, position)).await {
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
        outcome: &Arc<Outcome>,
        (depth, position): (u8, Option<Position>),
    ) -> Result<(), DatabaseError> {
        let (dispatch, active, outcome) = (Arc::clone(self), Arc::clone(active), Arc::clone(outcome));
        let task = self.tasks.spawn_on(
            async move {
                let id = &active.trigger.id;
                let advance = position.map(|position| (id.clone(), CursorChange::Advance(position)));
                let commit = Commit {
                    origin: Some(Origin { trigger: id.clone(), depth }),
                    lines: outcome.staged.clone(),
                    time: dispatch.services.clock.now(),
                    cursors: BTreeMap::from_iter(advance),
                    durability: Durability::Durable,
                };
                if !commit.lines.is_empty() || !commit.cursors.is_empty() {
                    dispatch.services.database.commit(commit).await?;
                }
                for change in &outcome.cache {
                    dispatch.services.cache.apply(change.clone());
                }
                if let Some(position) = position {
                    active.advance(position);
                }
                dispatch.record(&active, &outcome, 0);
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
        // InfluxDB 3's text.
        let message = format!("error writing back lines to {}: Cannot write: {error}", databases.join(", "));
        let mut refused = outcome.clone();
        let detail = FailureDetail { message: message.clone(), traceback: None };
        refused.ending = Ending::Failed(Failure::Invalid(detail));
        self.record(active, &refused, 0);
        self.say_error(active, &refused);
        message
    }

    pub(super) fn record(&self, active: &Active, outcome: &Outcome, attempt: u32) {
        let wall = i64::try_from(outcome.usage.wall.as_nanos()).unwrap_or(0);
        let record = RunRecord {
            run: self.next_run(),
            trigger: active.trigger.id.clone(),
            started: crate::Timestamp(self.services.clock.now().0.saturating_sub(wall)),
            attempt,
            ending: outcome.ending.name(),
            error: outcome.error(),
            traceback: outcome.traceback().map(str::to_owned),
            usage: outcome.usage.clone(),
            limits: outcome.limits.clone(),
            seed: outcome.seed,
        };
        active.ran(record.clone());
        // Nobody need be listening.
        let _ = self.services.notices.send(Notice::Run(Box::new(record)));
    }

    /// Tells the trigger's owner why a run did not succeed, in InfluxDB 3's
    /// words and with the traceback that it lacks.
    pub(super) fn say_error(&self, active: &Active, outcome: &Outcome) {
        let Some(error) = outcome.error() else { return };
        let what = match active.trigger.spec {
            TriggerSpec::Write(_) => "error executing wal plugin",
            TriggerSpec::Schedule(_) => "error executing schedule plugin",
            TriggerSpec::Request(_) => "error running request plugin",
        };
        let traceback = outcome.traceback().map(|traceback| format!("\n{traceback}")).unwrap_or_default();
        self.say(active, LogLevel::Error, format!("{what}: {error}{traceback}"));
    }

    pub(super) fn say(&self, active: &Active, level: LogLevel, message: String) {
        let entry = LogEntry { time: self.services.clock.now(), level, message };
        let _ = self.services.notices.send(Notice::Log(active.trigger.id.clone(), entry));
    }
}
