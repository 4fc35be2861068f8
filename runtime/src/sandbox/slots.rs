//! Slots for runs: tenants take turns, none has more than its quota, and not
//! too many of one wait.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::fair::FairQueue;
use crate::error::{Error, ErrorKind};
use crate::model::TenantId;
use crate::tenants::Account;

/// When a run is worth trying again for which there was no room to wait.
const LATER: Duration = Duration::from_secs(1);

/// As many slots as there are instances in the pool, which fails when it is
/// empty and does not queue.
#[derive(Debug, Clone)]
pub(crate) struct Slots(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    free: usize,
    held: HashMap<TenantId, Held>,
    waiting: FairQueue<TenantId, Waiting>,
}

/// What a tenant has now.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Held {
    runs: u64,
    memory: u64,
}

#[derive(Debug)]
struct Waiting {
    account: Arc<Account>,
    memory: u64,
    turn: oneshot::Sender<Slot>,
}

/// A slot and its memory, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    /// None once it is passed on.
    slots: Option<Slots>,
    tenant: TenantId,
    share: Held,
}

impl Slots {
    pub(crate) fn new(slots: usize) -> Self {
        let state = State { free: slots, held: HashMap::new(), waiting: FairQueue::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// Waits for a slot, and for so much of the tenant's memory.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] if too many of this tenant wait already.
    pub(crate) async fn acquire(&self, account: &Arc<Account>, memory: u64) -> Result<Slot, Error> {
        let turn = {
            let mut state = self.lock();
            let tenant = &account.tenant;
            if state.waiting.len_of(tenant) == 0 && state.fits(account, memory) {
                return Ok(self.take(&mut state, account, memory));
            }
            let allowed = usize::try_from(account.quotas().waiting_runs).unwrap_or(usize::MAX);
            if state.waiting.len_of(tenant) >= allowed {
                // Not counting those whose callers are gone.
                state.waiting.retain(tenant, |waiting| !waiting.turn.is_closed());
            }
            if state.waiting.len_of(tenant) >= allowed {
                let message = format!(
                    "too many runs of the tenant wait for a slot; try again later. waiting=`{allowed}` quota=`waiting_runs`"
                );
                return Err(Error::new(ErrorKind::Overloaded, message).with_retry_after(LATER));
            }
            let (turn, slot) = oneshot::channel();
            state.waiting.push(tenant, Waiting { account: Arc::clone(account), memory, turn });
            slot
        };
        turn.await.map_err(|_| Error::new(ErrorKind::Internal, "a slot was promised and not given"))
    }

    /// Whether the tenant would have a slot with so much memory at once.
    pub(crate) fn has_room(&self, account: &Account, memory: u64) -> bool {
        self.lock().fits(account, memory)
    }

    /// Takes memory of the tenant for an instance that waits without a slot.
    pub(crate) fn set_aside(&self, account: &Account, memory: u64) -> Option<Slot> {
        let mut state = self.lock();
        let held = state.held_by(&account.tenant);
        if held.memory.saturating_add(memory) > account.quotas().memory_bytes {
            return None;
        }
        Some(self.hand_out(&mut state, account, Held { runs: 0, memory }))
    }

    /// Gives slots to those who wait and may have them: call it when quotas grow.
    pub(crate) fn stir(&self) {
        loop {
            let (turn, slot) = {
                let mut state = self.lock();
                let State { free, held, waiting } = &mut *state;
                let fits = |waiting: &Waiting| {
                    *free > 0 && fits(held.get(&waiting.account.tenant), &waiting.account, waiting.memory)
                };
                let Some(Waiting { account, memory, turn }) = waiting.pop(1, fits) else { return };
                (turn, self.take(&mut state, &account, memory))
            };
            // Whoever has given up waiting drops it, and the next one has its turn.
            if let Err(mut slot) = turn.send(slot) {
                slot.give_back();
            }
        }
    }

    fn take(&self, state: &mut State, account: &Account, memory: u64) -> Slot {
        state.free = state.free.saturating_sub(1);
        self.hand_out(state, account, Held { runs: 1, memory })
    }

    fn hand_out(&self, state: &mut State, account: &Account, share: Held) -> Slot {
        let held = state.held.entry(account.tenant.clone()).or_default();
        held.runs = held.runs.saturating_add(share.runs);
        held.memory = held.memory.saturating_add(share.memory);
        Slot { slots: Some(self.clone()), tenant: account.tenant.clone(), share }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn held_by(&self, tenant: &TenantId) -> Held {
        self.held.get(tenant).copied().unwrap_or_default()
    }

    fn fits(&self, account: &Account, memory: u64) -> bool {
        self.free > 0 && fits(self.held.get(&account.tenant), account, memory)
    }
}

fn fits(held: Option<&Held>, account: &Account, memory: u64) -> bool {
    let (held, quotas) = (held.copied().unwrap_or_default(), account.quotas());
    held.runs < quotas.concurrent_runs && held.memory.saturating_add(memory) <= quotas.memory_bytes
}

impl Slot {
    /// Whose it is.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    /// Gives it back, and says whose it was.
    fn give_back(&mut self) -> Option<Slots> {
        let slots = self.slots.take()?;
        {
            let mut state = slots.lock();
            state.free = state.free.saturating_add(usize::from(self.share.runs > 0));
            if let Some(held) = state.held.get_mut(&self.tenant) {
                held.runs = held.runs.saturating_sub(self.share.runs);
                held.memory = held.memory.saturating_sub(self.share.memory);
                if *held == Held::default() {
                    state.held.remove(&self.tenant);
                }
            }
        }
        Some(slots)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.give_back() {
            slots.stir();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quotas;
    use crate::tenants::Tenants;
    use futures::FutureExt;

    fn accounts() -> (Arc<Account>, Arc<Account>) {
        let tenants = Tenants::default();
        (tenants.of(&TenantId::new("one").unwrap()), tenants.of(&TenantId::new("two").unwrap()))
    }

    #[tokio::test]
    async fn a_slot_goes_to_the_tenant_whose_turn_it_is_and_skips_who_gave_up() {
        let (slots, (one, two)) = (Slots::new(1), accounts());
        let held = slots.acquire(&one, 1).await.unwrap();
        let mut gave_up = Box::pin(slots.acquire(&one, 1));
        let mut second = Box::pin(slots.acquire(&two, 1));
        assert!(gave_up.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());

        drop(gave_up);
        drop(held);

        let slot = second.now_or_never().unwrap().unwrap();
        drop(slot);
        let state = slots.lock();
        assert_eq!((state.free, state.held.len()), (1, 0));
    }

    #[tokio::test]
    async fn beyond_the_bound_a_tenant_waits_no_more_and_others_do() {
        let (slots, (one, two)) = (Slots::new(0), accounts());
        one.set_quotas(Quotas { waiting_runs: 1, ..Quotas::default() });
        let mut gave_up = Box::pin(slots.acquire(&one, 1));
        assert!(gave_up.as_mut().now_or_never().is_none());
        drop(gave_up);
        let mut first = Box::pin(slots.acquire(&one, 1));
        assert!(first.as_mut().now_or_never().is_none(), "who gave up does not count");
        let error = slots.acquire(&one, 1).now_or_never().unwrap().unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Overloaded, Some(LATER)));
        assert!(Box::pin(slots.acquire(&two, 1)).as_mut().now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_tenant_has_no_more_runs_and_memory_than_its_quotas_and_others_pass_it() {
        let (slots, (one, two)) = (Slots::new(10), accounts());
        one.set_quotas(Quotas { concurrent_runs: 3, memory_bytes: 100, ..Quotas::default() });
        let held = slots.acquire(&one, 60).await.unwrap();
        let mut too_large = Box::pin(slots.acquire(&one, 50));
        assert!(too_large.as_mut().now_or_never().is_none());
        let mut behind = Box::pin(slots.acquire(&one, 1));
        assert!(behind.as_mut().now_or_never().is_none(), "first come, first served");
        let _other = slots.acquire(&two, 1 << 30).now_or_never().unwrap().unwrap();
        let aside = slots.set_aside(&one, 40).unwrap();
        assert!(slots.set_aside(&one, 1).is_none());
        drop(held);
        let slot = too_large.now_or_never().unwrap().unwrap();
        let _behind = behind.now_or_never().unwrap().unwrap();
        drop((aside, slot));
        assert_eq!(slots.lock().held_by(&one.tenant), Held { runs: 1, memory: 1 });

        one.set_quotas(Quotas { concurrent_runs: 1, ..Quotas::default() });
        let mut waits = Box::pin(slots.acquire(&one, 1));
        assert!(waits.as_mut().now_or_never().is_none());
        one.set_quotas(Quotas::default());
        slots.stir();
        assert!(waits.now_or_never().is_some());
    }
}
