//! The store of a run: made for it and dropped with it, unless its trigger
//! wants warm instances.

use std::sync::Arc;

use tokio::time::Instant;
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::cpu::Cpu;
use super::memory::Memory;
use super::meter::{self, Meter};
use crate::host::{HostState, LimitReached, Principal, Services, debt};
use crate::model::{FileTree, Limits, RunSeed};

/// All that belongs to the run under way.
pub(crate) struct RunState {
    pub(crate) host: HostState,
    /// What the instance has its chance from.
    pub(crate) seed: RunSeed,
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    pub(crate) meter: Meter,
}

impl RunState {
    /// What the guest owes for the host call that ends now.
    pub(crate) fn settle_debt(&mut self) -> u64 {
        self.host.debt.settle().saturating_add(debt::CALL)
    }
}

impl RunState {
    /// Host calls that are not counted: yields, which look like one, and those
    /// for files.
    pub(crate) fn uncounted_calls(&self) -> u64 {
        self.cpu.polls().saturating_add(self.host.debt.file_calls())
    }
}

impl RunState {
    /// Counts what the host holds for the guest as if the guest had it.
    pub(crate) fn count_held(&mut self) -> Result<(), LimitReached> {
        self.memory.hold(self.host.held_bytes())
    }
}

impl WasiView for RunState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        self.host.wasi_view()
    }
}

/// Makes the store of a run, all limits armed before anything of the guest is
/// there.
///
/// # Errors
/// If the engine does not meter fuel, which is a bug.
pub(crate) fn fresh(
    engine: &Engine,
    services: &Arc<Services>,
    (principal, files, seed): (Principal, Arc<FileTree>, RunSeed),
    (limits, deadline): (&Limits, Instant),
) -> wasmtime::Result<Store<RunState>> {
    let state = RunState {
        meter: Meter::new(limits, deadline, services.tenants.of(principal.tenant())),
        host: HostState::new(services, principal, files, (limits, seed)),
        seed,
        memory: Memory::new(limits.memory_bytes),
        cpu: Cpu::default(),
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    arm(&mut store, limits)?;
    meter::install(&mut store);
    Ok(store)
}

/// Makes a store that is used again as good as a fresh one, but for what the
/// guest has in memory.
///
/// # Errors
/// As of [`fresh`].
pub(crate) fn renew(
    store: &mut Store<RunState>,
    principal: Principal,
    (limits, deadline): (&Limits, Instant),
) -> wasmtime::Result<()> {
    let state = store.data_mut();
    let account = state.host.account(&principal);
    state.host.renew(principal, limits);
    state.memory.renew(limits.memory_bytes);
    state.cpu = Cpu::default();
    state.meter = Meter::new(limits, deadline, account);
    arm(store, limits)
}

fn arm(store: &mut Store<RunState>, limits: &Limits) -> wasmtime::Result<()> {
    store.set_fuel(limits.fuel)?;
    store.fuel_async_yield_interval(Some(meter::SLICE))?;
    store.set_hostcall_fuel(limits.lifted_bytes);
    store.set_max_component_handles(limits.handles);
    Ok(())
}
