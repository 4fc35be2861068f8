//! Slots for runs: tenants take turns, and not too many of one wait.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::fair::FairQueue;
use crate::error::{Error, ErrorKind};
use crate::model::TenantId;

/// As many slots as there are instances in the pool, which fails when it is
/// empty and does not queue.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    state: Arc<Mutex<State>>,
    max_waiting: usize,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: FairQueue<TenantId, oneshot::Sender<Slot>>,
}

/// A slot, until it is dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    /// None once it is passed on.
    slots: Option<Slots>,
}

impl Slots {
    pub(crate) fn new(slots: usize, max_waiting: usize) -> Self {
        let state = State { free: slots, waiting: FairQueue::default() };
        Self { state: Arc::new(Mutex::new(state)), max_waiting }
    }

    /// Waits for a slot.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] if too many of this tenant wait already.
    pub(crate) async fn acquire(&self, tenant: &TenantId) -> Result<Slot, Error> {
        let turn = {
            let mut state = self.lock();
            if let Some(free) = state.free.checked_sub(1) {
                state.free = free;
                return Ok(self.slot());
            }
            if state.waiting.len_of(tenant) >= self.max_waiting {
                // Not counting those whose callers are gone.
                state.waiting.retain(tenant, |turn| !turn.is_closed());
            }
            if state.waiting.len_of(tenant) >= self.max_waiting {
                let message = format!("too many runs wait for a slot; try again later. waiting=`{}`", self.max_waiting);
                return Err(Error::new(ErrorKind::Overloaded, message));
            }
            let (turn, slot) = oneshot::channel();
            state.waiting.push(tenant, turn);
            slot
        };
        turn.await.map_err(|_| Error::new(ErrorKind::Internal, "a slot was promised and not given"))
    }

    fn slot(&self) -> Slot {
        Slot { slots: Some(self.clone()) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn release(&self) {
        loop {
            let waiting = {
                let mut state = self.lock();
                let waiting = state.waiting.pop();
                if waiting.is_none() {
                    state.free = state.free.saturating_add(1);
                }
                waiting
            };
            let Some(waiting) = waiting else { return };
            match waiting.send(self.slot()) {
                Ok(()) => return,
                // It has given up waiting: the slot is the next one's.
                Err(mut slot) => slot.slots = None,
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            slots.release();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[tokio::test]
    async fn a_slot_goes_to_the_tenant_whose_turn_it_is_and_skips_who_gave_up() {
        let slots = Slots::new(1, 10);
        let (one, two) = (TenantId::new("one").unwrap(), TenantId::new("two").unwrap());
        let held = slots.acquire(&one).await.unwrap();
        let mut gave_up = Box::pin(slots.acquire(&one));
        let mut second = Box::pin(slots.acquire(&two));
        assert!(gave_up.as_mut().now_or_never().is_none());
        assert!(second.as_mut().now_or_never().is_none());

        drop(gave_up);
        drop(held);

        let slot = second.now_or_never().unwrap().unwrap();
        drop(slot);
        assert_eq!(slots.lock().free, 1);
    }

    #[tokio::test]
    async fn beyond_the_bound_a_tenant_waits_no_more_and_others_do() {
        let slots = Slots::new(0, 1);
        let (one, two) = (TenantId::new("one").unwrap(), TenantId::new("two").unwrap());
        let mut gave_up = Box::pin(slots.acquire(&one));
        assert!(gave_up.as_mut().now_or_never().is_none());
        drop(gave_up);
        let mut first = Box::pin(slots.acquire(&one));
        assert!(first.as_mut().now_or_never().is_none(), "who gave up does not count");
        let error = slots.acquire(&one).now_or_never().unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        assert!(Box::pin(slots.acquire(&two)).as_mut().now_or_never().is_none());
    }
}
