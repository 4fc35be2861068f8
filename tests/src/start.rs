//! How a test says what it wants to run.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{
    Database, DatabaseId, DatabaseName, ErrorBehavior, FakeClock, Instances, Language, Limit, Limits, OwnWrites,
    Runtime, Timestamp, Trigger, TriggerName, WarmPolicy,
};
use tidegate_database::{EmbeddedDatabase, Settings};

use crate::{Guest, Harness, cache_directory, python_runner};

/// What a test runs: a plugin, and a trigger for it in the database `db`.
#[derive(Debug)]
pub struct Start {
    guest: Guest,
    trigger: Trigger,
}

/// 2026-01-01T00:00:00Z
pub(crate) const START: Timestamp = Timestamp(1_767_225_600_000_000_000);

impl Start {
    /// Runs `guest` on `spec`.
    #[must_use]
    pub fn of(guest: Guest, spec: &str) -> Self {
        let name = TriggerName::new("trigger").unwrap();
        Self { guest, trigger: Trigger::new(name, database(), spec.parse().unwrap()) }
    }

    /// Runs Python code on `spec`.
    #[must_use]
    pub fn python(spec: &str, code: &str) -> Self {
        Self::of(Guest::Python(code.to_owned()), spec)
    }

    /// Runs an attack of the evil plugin when rows are written.
    #[must_use]
    pub fn evil(attack: &str) -> Self {
        Self::of(Guest::EVIL, "all_tables").argument("evil", attack)
    }

    /// Calls the trigger otherwise, where there is more than one.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.trigger.id.name = TriggerName::new(name).unwrap();
        self
    }

    /// The trigger itself.
    #[must_use]
    pub fn trigger(self) -> Trigger {
        self.trigger
    }

    /// Gives the plugin an argument.
    #[must_use]
    pub fn argument(mut self, name: &str, value: &str) -> Self {
        self.trigger = self.trigger.with_argument(name, value);
        self
    }

    /// Sets a limit, in its own unit.
    #[must_use]
    pub fn limit(mut self, limit: Limit, amount: u64) -> Self {
        self.trigger = self.trigger.with_limit(limit, amount);
        self
    }

    /// Sets what happens when a run does not succeed.
    #[must_use]
    pub fn on_error(mut self, behavior: ErrorBehavior) -> Self {
        self.trigger = self.trigger.with_error_behavior(behavior);
        self
    }

    /// Lets the trigger see what it writes.
    #[must_use]
    pub fn with_own_writes(mut self) -> Self {
        self.trigger = self.trigger.with_own_writes(OwnWrites::Deliver);
        self
    }

    /// Lets runs find the instance of an earlier one.
    #[must_use]
    pub fn warm(mut self, policy: WarmPolicy) -> Self {
        self.trigger = self.trigger.with_instances(Instances::Warm(policy));
        self
    }

    /// Lets so many runs be in progress at once.
    #[must_use]
    pub fn concurrency(mut self, runs: usize) -> Self {
        self.trigger = self.trigger.with_concurrency(runs);
        self
    }

    /// Starts a runtime with this one trigger.
    pub async fn start(self) -> Harness {
        let database = Arc::new(EmbeddedDatabase::new(Settings::default()).unwrap());
        let clock = FakeClock::new(START);
        let runtime = runtime(Arc::clone(&database) as Arc<dyn Database>, &clock);
        let mut harness = Harness::new(runtime, database, clock);
        harness.add(self).await;
        harness
    }

    pub(crate) fn into_parts(self) -> (Guest, Trigger) {
        (self.guest, self.trigger)
    }
}

/// A runtime that shares compiled components with all other tests, and whose
/// deadlines leave room for a machine that is busy.
pub(crate) fn runtime(database: Arc<dyn Database>, clock: &FakeClock) -> Runtime {
    let patient = |limits: Limits| Limits { deadline: Duration::from_secs(60), ..limits };
    Runtime::builder(database)
        .with_clock(Arc::new(clock.clone()))
        .with_limits(patient(Limits::default()))
        .with_write_limits(patient(Limits::for_writes()))
        .with_runner(Language::Python, python_runner())
        .with_artefacts(cache_directory().join("artefacts"))
        .build()
        .unwrap()
}

pub(crate) fn database() -> DatabaseId {
    DatabaseName::new("db").unwrap().into()
}
