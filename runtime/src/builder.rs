//! How a runtime is put together.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, RwLock};
use std::thread::available_parallelism;

use tokio::sync::{OnceCell, broadcast};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::cache::{CacheStore, MemoryCache};
use crate::clock::{Clock, SystemClock};
use crate::database::{Database, Log};
use crate::dispatch::{DefaultLimits, Dispatch, Feed, Registry};
use crate::error::{Error, ErrorKind};
use crate::host::Services;
use crate::load::Runner;
use crate::memory_log::{MemoryLog, WhenFull};
use crate::model::Limits;
use crate::outbound::{Outbound, Resolver, SystemResolver};
use crate::runtime::{Inner, Runtime};
use crate::sandbox::{Artefacts, Sandbox, Size};
use crate::source::Language;
use crate::tenants::Tenants;

/// Puts a [`Runtime`] together. Every setting has a default that is safe to run
/// strangers' code under.
#[derive(Debug)]
#[must_use]
pub struct RuntimeBuilder {
    database: Arc<dyn Database>,
    cache: Arc<dyn CacheStore>,
    clock: Arc<dyn Clock>,
    limits: DefaultLimits,
    max_concurrent_runs: u32,
    runners: HashMap<Language, Vec<u8>>,
    artefacts: Option<PathBuf>,
    resolver: Arc<dyn Resolver>,
    http_roots: Vec<Vec<u8>>,
    log_bytes: usize,
    when_log_is_full: WhenFull,
}

/// What each tenant may keep in the cache, unless the cache is replaced.
const CACHE_BYTES_PER_TENANT: usize = 64 << 20;
/// What the runtime keeps of rows for triggers, if the database has no log.
const LOG_BYTES: usize = 64 << 20;
/// Notices kept for listeners that are slow.
const NOTICES: usize = 4_096;

impl RuntimeBuilder {
    pub(crate) fn new(database: Arc<dyn Database>) -> Self {
        Self {
            database,
            cache: Arc::new(MemoryCache::new(CACHE_BYTES_PER_TENANT)),
            clock: Arc::new(SystemClock::default()),
            limits: DefaultLimits { writes: Limits::for_writes(), others: Limits::default() },
            max_concurrent_runs: 64,
            runners: HashMap::new(),
            artefacts: None,
            resolver: Arc::new(SystemResolver),
            http_roots: Vec::new(),
            log_bytes: LOG_BYTES,
            when_log_is_full: WhenFull::DropOldest,
        }
    }

    /// Sets what a run for a schedule or a request may use unless its trigger
    /// says otherwise.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits.others = limits;
        self
    }

    /// Sets what a run for written rows may use unless its trigger says
    /// otherwise.
    pub fn with_write_limits(mut self, limits: Limits) -> Self {
        self.limits.writes = limits;
        self
    }

    /// Sets how many runs may be in progress at once.
    pub fn with_max_concurrent_runs(mut self, runs: u32) -> Self {
        self.max_concurrent_runs = runs.max(1);
        self
    }

    /// Replaces the system clock.
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Replaces the in-memory store behind the plugins' cache.
    pub fn with_cache(mut self, cache: Arc<dyn CacheStore>) -> Self {
        self.cache = cache;
        self
    }

    /// Adds the component that runs source files of a language. It is compiled
    /// when the first of them is loaded.
    pub fn with_runner(mut self, language: Language, component: Vec<u8>) -> Self {
        self.runners.insert(language, component);
        self
    }

    /// Keeps compiled components in this directory, so that each is compiled
    /// once. What lies there is run as it is: the directory is made private to
    /// the user, and must stay so.
    pub fn with_artefacts(mut self, directory: impl Into<PathBuf>) -> Self {
        self.artefacts = Some(directory.into());
        self
    }

    /// Trusts more certificate authorities (as PEM) than the system does, when
    /// plugins send requests.
    pub fn with_http_roots(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.http_roots.push(pem.into());
        self
    }

    /// Replaces the system's resolver of names, for requests of plugins.
    pub fn with_resolver(mut self, resolver: Arc<dyn Resolver>) -> Self {
        self.resolver = resolver;
        self
    }

    /// Sets how much the runtime keeps of rows for triggers, and what happens when
    /// triggers lag so far behind that it is full: by default the oldest rows are
    /// dropped, since one slow trigger must not keep rows from the others. Without
    /// effect if the database has a log of its own.
    pub fn with_memory_log(mut self, bytes: usize, when_full: WhenFull) -> Self {
        (self.log_bytes, self.when_log_is_full) = (bytes, when_full);
        self
    }

    /// Makes the runtime. It works in the background of the tokio runtime that
    /// this is called in.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCall`] outside of tokio, if the directory for compiled
    /// components cannot be used, or if certificate authorities are no PEM; [`ErrorKind::Internal`] if the system
    /// does not give what the sandbox needs.
    pub fn build(self) -> Result<Runtime, Error> {
        let tasks = tokio::runtime::Handle::try_current().map_err(|error| {
            Error::new(ErrorKind::InvalidCall, "build the runtime inside of a tokio runtime").with_source(error)
        })?;
        let artefacts = match &self.artefacts {
            None => Artefacts::default(),
            Some(directory) => Artefacts::in_directory(directory).map_err(|error| {
                let message = format!("compiled components cannot be kept there. directory=`{}`", directory.display());
                Error::new(ErrorKind::InvalidCall, message).with_source(error)
            })?,
        };
        let services = Arc::new(Services {
            database: self.database,
            cache: self.cache,
            clock: self.clock,
            outbound: Outbound::new(self.resolver, &self.http_roots)?,
            tasks,
            notices: broadcast::Sender::new(NOTICES),
            tenants: Tenants::default(),
        });
        let threads = available_parallelism().map_or(1, usize::from);
        let size = Size { instances: self.max_concurrent_runs, threads };
        let sandbox = Sandbox::new(&services, size, artefacts).map_err(|error| {
            Error::new(ErrorKind::Internal, "the sandbox cannot be set up; is its address space limited?")
                .with_source(error)
        })?;
        let (log, memory_log) = match services.database.log() {
            Some(log) => (log, None),
            None => {
                let log = Arc::new(MemoryLog::new(self.log_bytes, self.when_log_is_full));
                (Arc::clone(&log) as Arc<dyn Log>, Some(log))
            }
        };
        let oldest = log.oldest();
        let dispatch = Arc::new(Dispatch {
            sandbox: Arc::new(sandbox),
            services,
            registry: Registry::default(),
            log,
            feed: Feed::new(oldest),
            limits: self.limits,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            runs: AtomicU64::new(0),
        });
        dispatch.spawn(Arc::clone(&dispatch).follow_log());
        dispatch.spawn(Arc::clone(&dispatch).keep_house());
        let runner = |component| Runner { component, code: OnceCell::new() };
        let runners = self.runners.into_iter().map(|(language, component)| (language, runner(component))).collect();
        Ok(Runtime::new(Inner { dispatch, memory_log, runners, plugins: RwLock::default() }))
    }
}
