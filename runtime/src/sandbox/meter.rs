//! Charges a run for its work and the host's.

use wasmtime::{CallHook, Store, StoreContextMut};

use super::store::RunState;
use crate::host::LimitReached;
use crate::model::Limit;

/// After so much fuel a guest lets others run: about half a millisecond.
pub(crate) const SLICE: u64 = 5_000_000;

/// Counts host calls and takes what they cost off the fuel.
///
/// Here and not in the host functions, because they cannot reach the store.
pub(crate) fn install(store: &mut Store<RunState>) {
    store.call_hook(|mut store, hook| match hook {
        CallHook::CallingWasm => {
            store.data().cpu.enter_guest();
            Ok(())
        }
        CallHook::ReturningFromWasm => {
            store.data().cpu.enter_host();
            Ok(())
        }
        CallHook::CallingHost => {
            let state = store.data_mut();
            state.cpu.enter_host();
            state.host_calls = state.host_calls.saturating_add(1);
            if state.host_calls > state.max_host_calls {
                return Err(LimitReached(Limit::HostCalls).into());
            }
            Ok(())
        }
        CallHook::ReturningFromHost => {
            let charged = charge(&mut store);
            store.data().cpu.enter_guest();
            charged
        }
    });
}

fn charge(store: &mut StoreContextMut<'_, RunState>) -> wasmtime::Result<()> {
    let debt = store.data_mut().settle_debt();
    let fuel = store.get_fuel()?;
    store.set_fuel(fuel.saturating_sub(debt))?;
    if debt > fuel {
        return Err(LimitReached(Limit::Fuel).into());
    }
    Ok(())
}

/// The fuel that a run has used.
///
/// A function's fuel is written back only where it calls, returns or yields: of
/// a trap within it, nothing is known but that it is less than one slice.
pub(crate) fn used(store: &Store<RunState>, (allowed, trapped): (u64, Trapped)) -> u64 {
    let used = allowed.saturating_sub(store.get_fuel().unwrap_or(0));
    match trapped {
        Trapped::Yes => used.saturating_add(SLICE).min(allowed),
        Trapped::No => used,
    }
}

/// Whether a run ended in a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trapped {
    Yes,
    No,
}
