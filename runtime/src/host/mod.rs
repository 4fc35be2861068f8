//! What may a guest do? One file for each interface that it may import.

mod cache;
pub(crate) mod debt;
mod files;
mod http;
mod log;
mod query;
mod query_work;
mod wasi;
mod write;

use std::fmt;
use std::sync::Arc;

use tokio::sync::broadcast;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings;
use crate::cache::CacheStore;
use crate::clock::Clock;
use crate::database::Database;
use crate::model::{
    DatabaseId, DatabaseName, FileTree, Grants, Limit, Limits, Notice, Redaction, RunSeed, TenantId, TriggerId,
};
use crate::outbound::Outbound;
use crate::tenants::{Account, Tenants};

pub(crate) use self::cache::Overlay;
pub(crate) use debt::Debt;
pub(crate) use log::RunLog;
pub(crate) use query::QueryUse;
pub(crate) use query_work::QueryWork;
pub(crate) use wasi::OFFERED as OFFERED_WASI;
use wasi::Output;
pub(crate) use write::Stage;

/// 511 characters of up to four bytes.
const LONGEST_NAME: usize = 2_044;

/// What all runs of a runtime share.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) cache: Arc<dyn CacheStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) outbound: Outbound,
    /// Where queries run: never on a guest's thread.
    pub(crate) tasks: tokio::runtime::Handle,
    pub(crate) notices: broadcast::Sender<Notice>,
    pub(crate) tenants: Tenants,
}

/// On whose behalf a guest runs.
#[derive(Debug, Clone)]
pub(crate) enum Principal {
    /// A trigger with what it was granted.
    Trigger { id: TriggerId, grants: Arc<Grants>, run: RunContext },
    /// Whoever registers a plugin. It has no data.
    Registration(TenantId),
}

impl Principal {
    /// Who pays.
    pub(crate) fn tenant(&self) -> &TenantId {
        match self {
            Self::Trigger { id, .. } => id.tenant(),
            Self::Registration(tenant) => tenant,
        }
    }

    /// The number of its run, if it has one.
    pub(crate) fn run(&self) -> Option<u64> {
        match self {
            Self::Trigger { run, .. } => Some(run.number),
            Self::Registration(_) => None,
        }
    }

    /// What strikes its secrets out of texts.
    pub(crate) fn redaction(&self) -> Redaction {
        match self {
            Self::Trigger { grants, .. } => grants.redaction(),
            Self::Registration(_) => Redaction::default(),
        }
    }
}

/// What a run of a trigger is in.
#[derive(Debug, Clone)]
pub(crate) struct RunContext {
    /// Counts the runs of this runtime.
    pub(crate) number: u64,
    /// How far it is from a row that came from outside.
    pub(crate) depth: u8,
    pub(crate) effects: Effects,
}

/// What a guest wants to do with a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

/// Why a guest does not come to a database.
#[derive(Debug, Clone, PartialEq, Eq)]
enum NoAccess {
    /// There is none, or its name is none.
    Invalid(String),
    /// The trigger lacks the grant.
    Denied(String),
}

/// Whether what acts at once does act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effects {
    /// It does.
    Real,
    /// It is staged like everything else: the run is for trying out.
    Dry,
    /// As `Dry`, with a cache that trials of this name share.
    Trial(Arc<str>),
}

/// All that the host keeps for one run. It is consumed with the run.
pub(crate) struct HostState {
    services: Arc<Services>,
    principal: Principal,
    limits: Limits,
    /// What the guest owes for the host's work.
    pub(crate) debt: Debt,
    pub(crate) log: RunLog,
    pub(crate) stage: Stage,
    pub(crate) cache: Overlay,
    pub(crate) queries: QueryUse,
    pub(crate) query_work: QueryWork,
    /// What was left of the fuel when the host call under way began.
    pub(crate) fuel_left: u64,
    /// What the guest sees of its own files.
    files: Arc<FileTree>,
    /// The environment variables that the guest sees.
    variables: Vec<(String, String)>,
    /// Requests sent to the outside.
    pub(crate) http_requests: u64,
    resources: ResourceTable,
    wasi: WasiCtx,
    output: Output,
}

impl Effects {
    /// Whether what a run does is kept.
    pub(crate) fn are_real(&self) -> bool {
        match self {
            Self::Real => true,
            Self::Dry | Self::Trial(_) => false,
        }
    }
}

impl HostState {
    pub(crate) fn new(
        services: &Arc<Services>,
        principal: Principal,
        files: Arc<FileTree>,
        (limits, seed): (&Limits, RunSeed),
    ) -> Self {
        let log = RunLog::new(&principal, services, limits.log_bytes);
        let output = Output::new(&log);
        let variables = wasi::variables(&files, &principal);
        let mut resources = ResourceTable::new();
        resources.set_max_capacity(limits.handles);
        Self {
            services: Arc::clone(services),
            limits: limits.clone(),
            debt: Debt::default(),
            wasi: wasi::context(services, &output, (seed, &variables)),
            output,
            principal,
            log,
            stage: Stage::default(),
            cache: Overlay::default(),
            queries: QueryUse::default(),
            query_work: QueryWork::default(),
            fuel_left: limits.fuel,
            files,
            variables,
            http_requests: 0,
            resources,
        }
    }

    /// Makes it the state of another run, which finds the handles that the
    /// guest has open and nothing else of the one before.
    pub(crate) fn renew(&mut self, principal: Principal, limits: &Limits) {
        self.principal = principal;
        self.limits = limits.clone();
        self.debt.renew();
        self.query_work.renew();
        self.log.renew(&self.principal, limits.log_bytes);
        self.leave();
    }

    /// The account of whoever pays.
    pub(crate) fn account(&self, principal: &Principal) -> Arc<Account> {
        self.services.tenants.of(principal.tenant())
    }

    /// What the host holds for the guest, beside its memory.
    pub(crate) fn held_bytes(&self) -> usize {
        let staged = self.stage.bytes.saturating_add(self.cache.bytes);
        staged.saturating_add(self.query_work.held_bytes()).saturating_add(self.log.bytes())
    }

    /// Bills what the run's queries have done meanwhile.
    pub(crate) fn bill_queries(&mut self) {
        self.query_work.bill(&self.debt);
    }

    /// What outlives the run.
    pub(crate) fn leave(&mut self) -> Left {
        self.output.end_lines();
        Left {
            log: self.log.clone(),
            stage: std::mem::take(&mut self.stage),
            cache: std::mem::take(&mut self.cache),
            queries: std::mem::take(&mut self.queries),
            http_requests: std::mem::take(&mut self.http_requests),
        }
    }

    /// The trigger on whose behalf the guest runs.
    ///
    /// # Errors
    /// For the guest, if there is none.
    fn trigger(&self) -> Result<&TriggerId, String> {
        match &self.principal {
            Principal::Trigger { id, .. } => Ok(id),
            Principal::Registration(_) => {
                Err("there is no data while a plugin is being registered; use it in an entry point".to_owned())
            }
        }
    }

    /// The database that the guest names, or the trigger's own.
    ///
    /// # Errors
    /// For the guest, if the name is none or the trigger lacks the grant.
    fn database(&self, name: Option<&str>, access: Access) -> Result<DatabaseId, NoAccess> {
        let database = self.named(name).map_err(NoAccess::Invalid)?;
        let Principal::Trigger { grants, .. } = &self.principal else { return Ok(database) };
        let granted = match access {
            Access::Read => grants.may_read(&database.name),
            Access::Write => grants.may_write(&database.name),
        };
        granted.map_err(NoAccess::Denied)?;
        Ok(database)
    }

    fn named(&self, name: Option<&str>) -> Result<DatabaseId, String> {
        let own = &self.trigger()?.database;
        match name {
            None => Ok(own.clone()),
            // Before anything is made of it: the guest chose its length.
            Some(name) if name.len() > LONGEST_NAME => {
                Err(format!("a database name has at most 511 characters. bytes=`{}`", name.len()))
            }
            Some(name) => {
                let name = DatabaseName::new(name).map_err(|error| error.to_string())?;
                // A guest can name databases of its own tenant only.
                Ok(DatabaseId { tenant: own.tenant.clone(), name })
            }
        }
    }

    /// The environment variables that the guest sees.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// What WASI works on.
    pub(crate) fn wasi_view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.resources }
    }
}

/// What of the host's state outlives a run.
pub(crate) struct Left {
    pub(crate) log: RunLog,
    pub(crate) stage: Stage,
    pub(crate) cache: Overlay,
    pub(crate) queries: QueryUse,
    pub(crate) http_requests: u64,
}

/// The interfaces of `tidegate:plugin` that guests may import.
pub(crate) const OFFERED: [&str; 6] = ["log", "query", "write", "cache", "http", "types"];

/// Offers guests all that they may import, and nothing else.
///
/// # Errors
/// If an interface is offered twice, which is a bug.
pub(crate) fn link<T: WasiView>(linker: &mut Linker<T>, host: fn(&mut T) -> &mut HostState) -> wasmtime::Result<()> {
    bindings::log::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    bindings::query::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    bindings::write::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    bindings::cache::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    bindings::http::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    bindings::types::add_to_linker::<_, HasSelf<HostState>>(linker, host)?;
    files::link(linker, host)?;
    wasi::link(linker)
}

impl bindings::types::Host for HostState {}

/// Ends a run that has come to a limit: as a trap, so that the guest cannot
/// catch it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LimitReached(pub(crate) Limit);

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the run came to its limit. limit=`{}`", self.0)
    }
}

impl std::error::Error for LimitReached {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::MemoryCache;
    use crate::clock::FakeClock;
    use crate::database::{Commit, DatabaseError, DatabaseErrorKind, Position, QueryResult};
    use crate::model::{Parameters, Timestamp};
    use crate::outbound::SystemResolver;

    /// A database that has nothing.
    #[derive(Debug)]
    struct Nothing;

    #[async_trait::async_trait]
    impl Database for Nothing {
        async fn query(&self, _: &DatabaseId, _: &str, _: &Parameters) -> Result<QueryResult, DatabaseError> {
            Err(DatabaseError::new(DatabaseErrorKind::NotFound, "nothing is there"))
        }

        async fn commit(&self, _: Commit) -> Result<Position, DatabaseError> {
            Ok(Position::default())
        }
    }

    /// The state of a run of some trigger.
    pub(super) fn state(services: &Arc<Services>, effects: Effects, limits: &Limits) -> HostState {
        state_with(Grants::default(), services, effects, limits)
    }

    /// The state of a run of some trigger that was granted something.
    pub(super) fn state_with(grants: Grants, services: &Arc<Services>, effects: Effects, limits: &Limits) -> HostState {
        let database = DatabaseName::new("db").unwrap().into();
        let id = TriggerId { database, name: crate::model::TriggerName::new("trigger").unwrap() };
        let run = RunContext { number: 1, depth: 1, effects };
        let principal = Principal::Trigger { id, grants: Arc::new(grants), run };
        HostState::new(services, principal, Arc::default(), (limits, RunSeed::default()))
    }

    pub(super) fn services() -> Arc<Services> {
        let tasks = tokio::runtime::Handle::try_current()
            .unwrap_or_else(|_| tokio::runtime::Builder::new_current_thread().build().unwrap().handle().clone());
        Arc::new(Services {
            database: Arc::new(Nothing),
            cache: Arc::new(MemoryCache::new(1 << 20)),
            clock: Arc::new(FakeClock::new(Timestamp(0))),
            outbound: Outbound::new(Arc::new(SystemResolver), &[]).unwrap(),
            tasks,
            notices: broadcast::Sender::new(16),
            tenants: Tenants::default(),
        })
    }
}
