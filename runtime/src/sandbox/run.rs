//! One run, from the event to the outcome.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use rand::TryRng;
use rand::rngs::SysRng;
use tokio::time::{Instant, timeout_at};
use wasmtime::component::{Instance, ResourceTableError};
use wasmtime::{PoolConcurrencyLimitError, Store, Trap, WasmBacktrace};

use super::engine::Sandbox;
use super::meter::{self, Trapped};
use super::plugin::Code;
use super::store::{self, RunState};
use super::warm::{self, History, Kept};
use crate::cpu_meter::CpuMeter;
use crate::error::{Error, ErrorKind};
use crate::host::{LimitReached, Principal};
use crate::model::{Ending, Event, FileTree, Instances, Limit, Limits, Outcome, RunSeed, TenantId, Timestamp, Usage};
use crate::tenants::Account;

/// After so long a run looks again whether its tenant has fuel: quotas change.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What is kept of the reason for a crash.
const LONGEST_REASON: usize = 8 << 10;

/// Everything that one run depends on.
pub(crate) struct Run {
    pub(crate) code: Code,
    pub(crate) event: Arc<Event>,
    pub(crate) arguments: Option<Vec<(String, String)>>,
    pub(crate) principal: Principal,
    /// For this very event.
    pub(crate) limits: Limits,
    /// Whose instances they are, and whether they are used again.
    pub(crate) instances: (u64, Instances),
    /// What loading may take on top of the limit.
    pub(crate) load_fuel: u64,
    pub(crate) patience: Patience,
}

/// What becomes of a run while its tenant's quotas are used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It waits.
    Wait,
    /// It is refused: somebody waits for it who can be told.
    Refuse,
}

/// Who pays for a guest, and what it takes while it runs.
#[derive(Debug, Clone)]
pub(super) struct Share {
    pub(super) account: Arc<Account>,
    pub(super) memory: usize,
    pub(super) patience: Patience,
}

impl Sandbox {
    /// Runs a plugin once, on a guest thread, in a store of its own unless its
    /// trigger wants warm instances. Dropping the future ends the run.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] or [`ErrorKind::Internal`]: what a guest does ends
    /// up in the outcome.
    pub(crate) async fn run(self: &Arc<Self>, run: Run) -> Result<Outcome, Error> {
        let account = self.services.tenants.of(run.principal.tenant());
        // Alone it may have what all may have together.
        let most = usize::try_from(account.quotas().memory_bytes).unwrap_or(usize::MAX);
        let memory = run.limits.memory_bytes.min(most);
        let share = Share { account: Arc::clone(&account), memory, patience: run.patience };
        let sandbox = Arc::clone(self);
        let (rows, redaction) = (run.event.rows(), run.principal.redaction());
        let guest = async move {
            let Run { code, event, arguments, principal, mut limits, instances, load_fuel, .. } = run;
            limits.memory_bytes = memory;
            let (owner, instances) = instances;
            let policy = warm::policy(&instances, code.load_fuel);
            let kept = policy.as_ref().and_then(|_| sandbox.warm.take(owner, code.number));
            let (store, known, history) = Kept::into_parts(kept);
            if known.is_none() {
                limits.fuel = limits.fuel.saturating_add(load_fuel);
            }
            let entry = async |store: &mut Store<RunState>| {
                let instance = match known {
                    Some(instance) => instance,
                    None => match code.start(&mut *store).await? {
                        Ok(instance) => instance,
                        Err(failure) => return Ok(Err(failure)),
                    },
                };
                let answer = code.points.call(store, &instance, (&event, arguments.as_deref())).await?;
                Ok(Ok((instance, answer)))
            };
            let before = (store, code.files());
            let (result, mut outcome, store) = sandbox.supervise(entry, before, (principal, limits)).await?;
            outcome.usage.rows = rows;
            if let (Some(Ok((instance, _))), Some(policy)) = (&result, policy) {
                let history = history.unwrap_or_else(|| History::begin((owner, code.number), policy));
                sandbox.keep_warm(&account, (store, *instance), history.after_run());
            } else {
                // Giving its memory back is the run's work, too.
                let meter = CpuMeter::default();
                meter.count_blocking(|| drop(store));
                outcome.usage.host_cpu = outcome.usage.host_cpu.saturating_add(meter.used());
            }
            match result.map(|returned| returned.and_then(|(_, answer)| answer)) {
                Some(Ok(response)) => outcome.response = response,
                Some(Err(failure)) => outcome.ending = Ending::Failed(failure),
                None => {}
            }
            // Whoever hears of the run hears of its ending from here.
            outcome.ending = outcome.ending.redacted(&redaction);
            Ok(outcome)
        };
        self.admit(share, guest).await
    }

    /// Gives up the instances that wait for the runs of `owner`.
    pub(crate) fn forget_warm(&self, owner: u64) {
        self.warm.forget(owner);
    }

    /// What registering something for `tenant` takes.
    pub(super) fn share(&self, tenant: &TenantId, limits: &Limits) -> Share {
        let account = self.services.tenants.of(tenant);
        Share { account, memory: limits.memory_bytes, patience: Patience::Refuse }
    }

    /// Keeps an instance for later, if its tenant has room for it.
    fn keep_warm(&self, account: &Account, (store, instance): (Store<RunState>, Instance), history: History) {
        let memory = u64::try_from(store.data().memory.used()).unwrap_or(u64::MAX);
        if let Some(room) = self.slots.set_aside(account, memory) {
            self.warm.keep(Kept { store, instance, history, room });
        }
    }

    /// Polls `guest` on a guest thread, once there is a slot for its instance and
    /// its tenant has not used up its quotas.
    pub(super) async fn admit<T: Send + 'static>(
        &self,
        share: Share,
        guest: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        let Share { account, memory, patience } = share;
        await_fuel(&account, patience).await?;
        let memory = u64::try_from(memory).unwrap_or(u64::MAX);
        if !self.slots.has_room(&account, memory) {
            // Those that wait for nothing go first.
            self.warm.forget_tenant(&account.tenant);
        }
        let slot = self.slots.acquire(&account, memory).await?;
        let guest = async move {
            // For as long as the instance lives, which may be longer than
            // somebody waits for what comes of it.
            let _slot = slot;
            guest.await
        };
        self.executor.spawn(account.tenant.clone(), guest).await
    }

    /// Lets `entry` into a store, a fresh one that shows `files` if none is given,
    /// watches its limits, and says what came of it: what it returned, unless it
    /// was stopped or crashed, and the outcome as if that were a success.
    pub(super) async fn supervise<T, E>(
        &self,
        entry: E,
        (store, files): (Option<Store<RunState>>, Arc<FileTree>),
        (principal, limits): (Principal, Limits),
    ) -> Result<(Option<T>, Outcome, Store<RunState>), Error>
    where
        E: AsyncFnOnce(&mut Store<RunState>) -> wasmtime::Result<T>,
    {
        // What is used again has its chance from the first run on.
        let seed = match &store {
            Some(store) => store.data().seed,
            None => seed()?,
        };
        let run = principal.run().unwrap_or_default();
        let (begun, started) = (Instant::now(), self.services.clock.now());
        // In real time, whatever the clock says: a guest that spins uses it.
        let deadline = begun.checked_add(limits.deadline).unwrap_or(begun);
        let armed = (&limits, deadline);
        let mut store = match store {
            Some(mut store) => store::renew(&mut store, principal, armed).map(|()| store),
            None => store::fresh(&self.engine, &self.services, (principal, files, seed), armed),
        }
        .map_err(internal)?;
        let cpu = store.data().cpu.clone();
        let result = {
            let guest = pin!(AssertUnwindSafe(entry(&mut store)).catch_unwind());
            cpu.count(pin!(timeout_at(deadline, guest))).await
        };
        let (value, ending, trapped) = match result {
            Ok(Ok(Ok(value))) if Instant::now() < deadline => (Some(value), Ending::Succeeded, Trapped::No),
            // A guest that comes back too late has not succeeded.
            Ok(Ok(Ok(_))) | Err(_) => (None, Ending::Stopped(Limit::Deadline), Trapped::No),
            Ok(Ok(Err(error))) => (None, ending(error)?, Trapped::Yes),
            Ok(Err(panic)) => return Err(panicked(&*panic)),
        };
        let mut outcome = settle(&mut store, (ending, trapped), (limits, seed), (started, begun.elapsed()));
        outcome.run = run;
        Ok((value, outcome, store))
    }
}

/// Waits until the tenant has fuel again, if it has used more than its quota.
///
/// # Errors
/// [`ErrorKind::Overloaded`] if nobody should be kept waiting.
#[expect(clippy::disallowed_methods, reason = "what was used is made up for in real time, whatever the clock says")]
pub(super) async fn await_fuel(account: &Account, patience: Patience) -> Result<(), Error> {
    while let Some(wait) = account.fuel_wait() {
        if patience == Patience::Refuse {
            let quota = account.quotas().fuel_per_second;
            let message =
                format!("the tenant has used up its fuel; try again later. quota=`fuel_per_second` allowed=`{quota}`");
            return Err(Error::new(ErrorKind::Overloaded, message).with_retry_after(wait));
        }
        tokio::time::sleep(wait.min(LONGEST_WAIT)).await;
    }
    Ok(())
}

/// Takes out of the store what outlives the run.
fn settle(
    store: &mut Store<RunState>,
    (ending, trapped): (Ending, Trapped),
    (limits, seed): (Limits, RunSeed),
    (started, wall): (Timestamp, Duration),
) -> Outcome {
    let fuel = meter::used(store, (limits.fuel, trapped));
    let uncounted = store.data().uncounted_calls();
    let RunState { host, memory, cpu, meter, .. } = store.data_mut();
    let (guest_cpu, host_cpu) = cpu.used();
    let query_cpu = host.query_work.used();
    let host = host.leave();
    let (log, log_bytes, log_dropped) = host.log.take();
    let usage = Usage {
        fuel,
        wall,
        guest_cpu,
        host_cpu,
        query_cpu,
        peak_memory_bytes: memory.peak(),
        rows: 0,
        log_bytes,
        staged_bytes: host.stage.bytes,
        staged_lines: host.stage.count,
        host_calls: meter.calls(uncounted),
        query_rows: host.queries.rows,
        query_bytes: host.queries.bytes,
        http_requests: host.http_requests,
        cache_entries: host.cache.entries,
        cache_bytes: host.cache.bytes,
    };
    let cache = host.cache.into_changes();
    Outcome {
        run: 0,
        ending,
        started,
        staged: host.stage.lines,
        cache,
        response: None,
        log,
        log_dropped,
        usage,
        limits,
        seed,
    }
}

/// What a trap means.
///
/// # Errors
/// If it is none of the guest's doing.
fn ending(error: wasmtime::Error) -> Result<Ending, Error> {
    if error.is::<PoolConcurrencyLimitError>() {
        return Err(Error::new(ErrorKind::Overloaded, "the pool of instances is empty").with_source(error));
    }
    if let Some(LimitReached(limit)) = error.downcast_ref() {
        return Ok(Ending::Stopped(*limit));
    }
    if error.is::<ResourceTableError>() {
        return Ok(Ending::Stopped(Limit::Handles));
    }
    if let Some(wasmtime_wasi::I32Exit(status)) = error.downcast_ref() {
        return Ok(Ending::Crashed(format!("the plugin ended its process instead of returning. status=`{status}`")));
    }
    match error.downcast_ref() {
        Some(Trap::OutOfFuel) => return Ok(Ending::Stopped(Limit::Fuel)),
        Some(Trap::StackOverflow) => return Ok(Ending::Crashed("the call stack is exhausted".to_owned())),
        Some(_) | None => {}
    }
    let cause = error.root_cause().to_string();
    // These two errors of the engine have no type that could be named here.
    if cause.contains("fuel allocated for hostcalls has been exhausted") {
        return Ok(Ending::Stopped(Limit::LiftedBytes));
    }
    if cause.contains("store handle limit exceeded") {
        return Ok(Ending::Stopped(Limit::Handles));
    }
    let frames = error.downcast_ref::<WasmBacktrace>().map(ToString::to_string).unwrap_or_default();
    let mut reason = format!("{cause}\n{frames}").trim_end().to_owned();
    // The guest chose the names of its functions.
    reason.truncate(reason.floor_char_boundary(LONGEST_REASON));
    Ok(Ending::Crashed(reason))
}

fn seed() -> Result<RunSeed, Error> {
    let mut seed = RunSeed::default();
    SysRng.try_fill_bytes(&mut seed).map_err(internal)?;
    Ok(seed)
}

fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(ErrorKind::Internal, "a run could not be set up").with_source(error)
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let what = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let what = what.unwrap_or("unknown");
    tracing::error!(what, "the runtime panicked while it ran a plugin");
    Error::new(
        ErrorKind::Internal,
        format!("the runtime panicked while it ran a plugin; please report it. what=`{what}`"),
    )
}
