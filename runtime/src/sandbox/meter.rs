//! Charges a run for its work and the host's.

use std::sync::Arc;

use tokio::time::Instant;
use wasmtime::{CallHook, Store, StoreContextMut};

use super::store::RunState;
use crate::host::LimitReached;
use crate::model::{Limit, Limits};
use crate::tenants::Account;

/// After so much fuel a guest lets others run: about half a millisecond.
pub(crate) const SLICE: u64 = 5_000_000;

/// What one run has been charged so far.
#[derive(Debug)]
pub(crate) struct Meter {
    calls: u64,
    max_calls: u64,
    deadline: Instant,
    /// The fuel that the run began with, and what its tenant has been billed of it.
    allowed: u64,
    billed: u64,
    account: Arc<Account>,
    /// The fuel at which the current slice ends.
    slice_end: u64,
    /// The poll that the current slice began with.
    slice_poll: u64,
}

impl Meter {
    pub(crate) fn new(limits: &Limits, deadline: Instant, account: Arc<Account>) -> Self {
        let (max_calls, allowed) = (limits.host_calls, limits.fuel);
        Self { calls: 0, max_calls, deadline, allowed, billed: 0, account, slice_end: 0, slice_poll: 0 }
    }

    /// Bills the tenant for what the run has used: as it goes on, since nobody may
    /// wait for its end.
    pub(crate) fn bill(&mut self, used: u64) {
        self.account.bill_fuel(used.saturating_sub(self.billed));
        self.billed = self.billed.max(used);
    }

    /// Host calls so far. The engine tells of a yield as of a call, so these are
    /// among the `uncounted`; a call that waits is taken off with them.
    pub(crate) fn calls(&self, uncounted: u64) -> u64 {
        self.calls.saturating_sub(uncounted)
    }

    fn call(&mut self, uncounted: u64) -> Result<(), LimitReached> {
        self.calls = self.calls.saturating_add(1);
        if self.calls(uncounted) > self.max_calls {
            return Err(LimitReached(Limit::HostCalls));
        }
        // Here too, and not only between slices: host calls take time as well.
        if Instant::now() >= self.deadline {
            return Err(LimitReached(Limit::Deadline));
        }
        Ok(())
    }

    /// What is left of the current slice, of which `fuel` was left before and
    /// `left` is after a host call.
    fn slice(&mut self, (fuel, left): (u64, u64), poll: u64) -> u64 {
        if poll != self.slice_poll {
            (self.slice_poll, self.slice_end) = (poll, fuel.saturating_sub(SLICE));
        }
        left.saturating_sub(self.slice_end).clamp(1, SLICE)
    }
}

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
            let fuel = store.get_fuel()?;
            let state = store.data_mut();
            state.cpu.enter_host();
            state.host.fuel_left = fuel;
            Ok(state.meter.call(state.uncounted_calls())?)
        }
        CallHook::ReturningFromHost => {
            let charged = charge(&mut store);
            store.data().cpu.enter_guest();
            charged
        }
    });
}

fn charge(store: &mut StoreContextMut<'_, RunState>) -> wasmtime::Result<()> {
    let fuel = store.get_fuel()?;
    let state = store.data_mut();
    let debt = state.settle_debt();
    let left = fuel.saturating_sub(debt);
    let poll = state.cpu.polls();
    let slice = state.meter.slice((fuel, left), poll);
    state.meter.bill(state.meter.allowed.saturating_sub(left));
    store.set_fuel(left)?;
    // Setting fuel begins a new slice. A guest that calls the host often enough
    // would never let others run.
    store.fuel_async_yield_interval(Some(slice))?;
    if debt > fuel {
        return Err(LimitReached(Limit::Fuel).into());
    }
    Ok(store.data_mut().count_held()?)
}

/// The fuel that a run has used.
///
/// A function's fuel is written back only where it calls, returns or yields: of
/// a trap within it, nothing is known but that it is less than one slice.
pub(crate) fn used(store: &mut Store<RunState>, (allowed, trapped): (u64, Trapped)) -> u64 {
    // Of a host call that the deadline cut off.
    let host = &mut store.data_mut().host;
    host.bill_queries();
    let owed = host.debt.settle();
    let used = allowed.saturating_sub(store.get_fuel().unwrap_or(0)).saturating_add(owed);
    let used = match trapped {
        Trapped::Yes => used.saturating_add(SLICE).min(allowed),
        Trapped::No => used.min(allowed),
    };
    store.data_mut().meter.bill(used);
    used
}

/// Whether a run ended in a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trapped {
    Yes,
    No,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TenantId;
    use crate::tenants::Tenants;
    use std::time::Duration;

    fn meter(max_calls: u64) -> Meter {
        let account = Tenants::default().of(&TenantId::default_tenant());
        Meter::new(
            &Limits { host_calls: max_calls, ..Limits::default() },
            Instant::now() + Duration::from_secs(60),
            account,
        )
    }

    #[test]
    fn host_calls_do_not_lengthen_a_slice() {
        let mut meter = meter(10);
        assert_eq!(meter.slice((100 * SLICE, 100 * SLICE), 1), SLICE);
        assert_eq!(meter.slice((99 * SLICE + 10, 99 * SLICE + 5), 1), 5);
        assert_eq!(meter.slice((99 * SLICE + 1, 98 * SLICE), 1), 1, "a slice that is overdrawn ends at once");
        assert_eq!(meter.slice((98 * SLICE, 98 * SLICE), 2), SLICE, "after a yield there is a new one");
    }

    #[test]
    fn yields_are_no_host_calls() {
        let mut meter = meter(2);
        assert!((0..5).all(|polls| meter.call(polls).is_ok()));
        assert!(meter.call(4).is_ok());
        assert_eq!(meter.call(4), Err(LimitReached(Limit::HostCalls)));
    }
}
