//! What connects a plugin to the events of a database.

use std::sync::Arc;
use std::time::Duration;

use super::{DatabaseId, Grants, Limit, LimitOverrides, TriggerId, TriggerName, TriggerSpec};

/// What connects a plugin to the events of a database.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Trigger {
    /// Its name and database.
    pub id: TriggerId,
    /// When it runs.
    pub spec: TriggerSpec,
    /// What its plugin is given with every event, if anything.
    pub arguments: Option<Vec<(String, String)>>,
    /// Limits of its own.
    pub limits: LimitOverrides,
    /// What it may reach beside its event.
    pub grants: Arc<Grants>,
    /// What happens when a run does not succeed.
    pub error_behavior: ErrorBehavior,
    /// How often an event is tried again if that is [`ErrorBehavior::Retry`];
    /// `u32::MAX` is for ever.
    pub retries: u32,
    /// What a schedule does about times that it missed.
    pub catch_up: CatchUp,
    /// How many of its runs may be in progress at once. What they write is
    /// committed in the order of their events all the same.
    pub concurrency: usize,
    /// Whether it is given the rows that it writes itself.
    pub own_writes: OwnWrites,
    /// Where in the log it starts.
    pub start_at: StartAt,
    /// Whether each run has an instance of its own.
    pub instances: Instances,
}

/// What happens when a run does not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorBehavior {
    /// Log it, set the event aside as a dead letter, go on with the next.
    #[default]
    Log,
    /// Try again, later and later, a bounded number of times; then as `Log`.
    Retry,
    /// Stop the trigger, keep the reason and the place in the log.
    Disable,
}

/// What a scheduled trigger does about times that passed while all the runs it
/// may have in progress were.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CatchUp {
    /// One run, for the latest of them. Most plugins look back from their time, and
    /// what is late must not get later.
    #[default]
    One,
    /// A run for each, the oldest first, but for the newest 60 at the most.
    All,
    /// No run: it goes on with the next time that is still to come.
    Skip,
}

/// Whether a trigger is given the rows that it writes itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OwnWrites {
    /// It is not.
    #[default]
    Skip,
    /// It is, until they are four steps away from the row that began it.
    Deliver,
}

/// Where in the log a new trigger starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StartAt {
    /// Behind all that is written already.
    #[default]
    Latest,
    /// At the oldest row that the log still has.
    Earliest,
    /// Where a trigger of this name last was; else as `Latest`.
    Resume,
}

/// How often an event is tried again if nobody says otherwise.
pub(crate) const RETRIES: u32 = 5;

/// Whether each run of a trigger has an instance of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Instances {
    /// Fresh, unless the plugin brings packages whose import takes long: then
    /// warm, by the default policy.
    #[default]
    Auto,
    /// It has: nothing of a run is left for the next but what it put into the
    /// cache.
    Fresh,
    /// The next run may find the instance of an earlier one, of this very
    /// trigger, with its modules imported and their state as it left it. Never
    /// after a run that was stopped or crashed.
    Warm(WarmPolicy),
}

/// For how long an instance is used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarmPolicy {
    /// Runs after which it is given up.
    pub max_runs: u32,
    /// Time since its first run after which it is given up.
    pub max_age: Duration,
    /// Time since its last run after which it is given up.
    pub max_idle: Duration,
}

impl Default for WarmPolicy {
    fn default() -> Self {
        Self { max_runs: 1_000, max_age: Duration::from_secs(600), max_idle: Duration::from_secs(60) }
    }
}

impl Trigger {
    /// A trigger with nothing but defaults.
    #[must_use]
    pub fn new(name: TriggerName, database: impl Into<DatabaseId>, spec: TriggerSpec) -> Self {
        Self {
            id: TriggerId { database: database.into(), name },
            spec,
            arguments: None,
            limits: LimitOverrides::default(),
            grants: Arc::default(),
            error_behavior: ErrorBehavior::default(),
            retries: RETRIES,
            catch_up: CatchUp::default(),
            concurrency: 1,
            own_writes: OwnWrites::default(),
            start_at: StartAt::default(),
            instances: Instances::default(),
        }
    }

    /// Adds an argument for the plugin.
    #[must_use]
    pub fn with_argument(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.arguments.get_or_insert_default().push((name.into(), value.into()));
        self
    }

    /// Sets a limit, in its own unit.
    #[must_use]
    pub fn with_limit(mut self, limit: Limit, amount: u64) -> Self {
        self.limits = self.limits.with(limit, amount);
        self
    }

    /// Sets what it may reach beside its event.
    #[must_use]
    pub fn with_grants(mut self, grants: Grants) -> Self {
        self.grants = Arc::new(grants);
        self
    }

    /// Sets what happens when a run does not succeed.
    #[must_use]
    pub fn with_error_behavior(mut self, error_behavior: ErrorBehavior) -> Self {
        self.error_behavior = error_behavior;
        self
    }

    /// Sets how often an event is tried again.
    #[must_use]
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// Sets what a schedule does about times that it missed.
    #[must_use]
    pub fn with_catch_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = catch_up;
        self
    }

    /// Sets how many runs may be in progress at once.
    #[must_use]
    pub fn with_concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Sets whether the trigger is given the rows that it writes itself.
    #[must_use]
    pub fn with_own_writes(mut self, own_writes: OwnWrites) -> Self {
        self.own_writes = own_writes;
        self
    }

    /// Sets whether each run has an instance of its own.
    #[must_use]
    pub fn with_instances(mut self, instances: Instances) -> Self {
        self.instances = instances;
        self
    }

    /// Sets where in the log the trigger starts.
    #[must_use]
    pub fn with_start_at(mut self, start_at: StartAt) -> Self {
        self.start_at = start_at;
        self
    }
}
