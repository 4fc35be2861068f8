//! How a test says what it wants to run.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use tidegate::{
    CatchUp, Database, DatabaseId, DatabaseName, ErrorBehavior, FakeClock, Grants, Instances, Language, Limit, Limits,
    OwnWrites, Resolver, Runtime, RuntimeBuilder, Timestamp, Trigger, TriggerName, WarmPolicy,
};
use tidegate_database::{EmbeddedDatabase, Settings};

use crate::{Authority, Guest, Harness, cache_directory, python_runner};

/// What a test runs: a plugin, and a trigger for it in the database `db`.
#[derive(Debug)]
pub struct Start {
    guest: Guest,
    trigger: Trigger,
    roots: Option<String>,
    names: Vec<(&'static str, &'static str)>,
}

/// Names of a test's own, and where they lead.
#[derive(Debug)]
struct Names(Vec<(&'static str, &'static str)>);

#[async_trait::async_trait]
impl Resolver for Names {
    async fn resolve(&self, host: &str) -> std::io::Result<Vec<IpAddr>> {
        let of_host = self.0.iter().filter(|(name, _)| *name == host);
        Ok(of_host.map(|(_, address)| address.parse().unwrap()).collect())
    }
}

/// 2026-01-01T00:00:00Z
pub(crate) const START: Timestamp = Timestamp(1_767_225_600_000_000_000);

impl Start {
    /// Runs `guest` on `spec`.
    #[must_use]
    pub fn of(guest: Guest, spec: &str) -> Self {
        let name = TriggerName::new("trigger").unwrap();
        let trigger = Trigger::new(name, database(), spec.parse().unwrap());
        Self { guest, trigger, roots: None, names: Vec::new() }
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

    /// Grants the trigger something.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.trigger = self.trigger.with_grants(grants);
        self
    }

    /// Grants the trigger requests, such as `GET http://127.0.0.1:80`.
    #[must_use]
    pub fn http<G: AsRef<str>>(self, grants: impl IntoIterator<Item = G>) -> Self {
        let http = grants.into_iter().map(|grant| grant.as_ref().parse().unwrap()).collect();
        self.grants(Grants { http, ..Grants::default() })
    }

    /// Trusts a certificate authority.
    #[must_use]
    pub fn trusting(mut self, authority: &Authority) -> Self {
        self.roots = Some(authority.pem.clone());
        self
    }

    /// Lets a name lead to an address.
    #[must_use]
    pub fn name(mut self, name: &'static str, address: &'static str) -> Self {
        self.names.push((name, address));
        self
    }

    /// Sets what happens when a run does not succeed.
    #[must_use]
    pub fn on_error(mut self, behavior: ErrorBehavior) -> Self {
        self.trigger = self.trigger.with_error_behavior(behavior);
        self
    }

    /// Sets how often an event is tried again.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.trigger = self.trigger.with_retries(retries);
        self
    }

    /// Sets what a schedule does about times that it missed.
    #[must_use]
    pub fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.trigger = self.trigger.with_catch_up(catch_up);
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
        let mut builder = builder(Arc::clone(&database) as Arc<dyn Database>, &clock);
        builder = builder.with_resolver(Arc::new(Names(self.names.clone())));
        if let Some(pem) = &self.roots {
            builder = builder.with_http_roots(pem.as_str());
        }
        let runtime = builder.build().unwrap();
        let mut harness = Harness::new(runtime, database, clock);
        harness.add(self).await;
        harness
    }

    pub(crate) fn into_parts(self) -> (Guest, Trigger) {
        (self.guest, self.trigger)
    }
}

/// Of a runtime that shares compiled components with all other tests, and whose
/// deadlines leave room for a machine that is busy.
fn builder(database: Arc<dyn Database>, clock: &FakeClock) -> RuntimeBuilder {
    let patient = |limits: Limits| Limits { deadline: Duration::from_secs(60), ..limits };
    Runtime::builder(database)
        .with_clock(Arc::new(clock.clone()))
        .with_limits(patient(Limits::default()))
        .with_write_limits(patient(Limits::for_writes()))
        .with_runner(Language::Python, python_runner())
        .with_artefacts(cache_directory().join("artefacts"))
}

pub(crate) fn database() -> DatabaseId {
    DatabaseName::new("db").unwrap().into()
}
