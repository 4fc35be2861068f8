//! The store of one run: made for it, consumed with it.

use std::sync::Arc;

use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtxView, WasiView};

use super::cpu::Cpu;
use super::memory::Memory;
use super::meter;
use crate::host::{HostState, Principal, Services, debt};
use crate::model::{Limits, RunSeed};

/// All that belongs to one run.
pub(crate) struct RunState {
    pub(crate) host: HostState,
    pub(crate) memory: Memory,
    pub(crate) cpu: Cpu,
    pub(crate) host_calls: u64,
    pub(crate) max_host_calls: u64,
}

impl RunState {
    /// What the guest owes for the host call that ends now.
    pub(crate) fn settle_debt(&mut self) -> u64 {
        self.host.debt.settle().saturating_add(debt::CALL)
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
    (principal, limits, seed): (Principal, &Limits, RunSeed),
) -> wasmtime::Result<Store<RunState>> {
    let state = RunState {
        host: HostState::new(services, principal, (limits, seed)),
        memory: Memory::new(limits.memory_bytes),
        cpu: Cpu::default(),
        host_calls: 0,
        max_host_calls: limits.host_calls,
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.memory);
    store.set_fuel(limits.fuel)?;
    store.fuel_async_yield_interval(Some(meter::SLICE))?;
    store.set_hostcall_fuel(limits.lifted_bytes);
    store.set_max_component_handles(limits.handles);
    meter::install(&mut store);
    Ok(store)
}
