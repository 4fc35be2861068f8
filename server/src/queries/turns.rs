//! How many queries run at once, and whose is next: tenants take turns.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::TenantId;
use tokio::sync::oneshot::{self, Sender};

use super::{QueryBounds, QueryError};

/// Who runs and who waits.
#[derive(Debug)]
pub(super) struct Turns {
    bounds: QueryBounds,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// By tenant, each in the order in which they came.
    waiting: BTreeMap<TenantId, VecDeque<Sender<Turn>>>,
    /// Who had the last turn that somebody waited for.
    last: Option<TenantId>,
}

/// The right to run, which goes to the next when it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Arc<Turns>);

impl Turns {
    pub(super) fn new(bounds: QueryBounds) -> Self {
        Self { bounds, state: Mutex::default() }
    }

    /// Waits for a turn, not for long and not with too many others.
    ///
    /// # Errors
    /// [`QueryError::Busy`] if it does not come.
    pub(super) async fn take(self: &Arc<Self>, tenant: &TenantId) -> Result<Turn, QueryError> {
        let busy = || QueryError::Busy { running: self.bounds.running };
        let turn = {
            let mut state = self.lock();
            if state.running < self.bounds.running {
                state.running = state.running.saturating_add(1);
                return Ok(Turn(Arc::clone(self)));
            }
            let queue = state.waiting.entry(tenant.clone()).or_default();
            // Who has given up counts no more.
            queue.retain(|waiting| !waiting.is_closed());
            if queue.len() >= self.bounds.waiting {
                return Err(busy());
            }
            let (sender, turn) = oneshot::channel();
            queue.push_back(sender);
            turn
        };
        match tokio::time::timeout(self.bounds.patience, turn).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) | Err(_) => Err(busy()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Who is next: the tenant after the last one, by name, and of its queries the
    /// one that came first.
    fn next(&mut self) -> Option<Sender<Turn>> {
        loop {
            let after = self.last.as_ref().and_then(|last| {
                use std::ops::Bound::{Excluded, Unbounded};
                self.waiting.range((Excluded(last.clone()), Unbounded)).next()
            });
            let tenant = after.or_else(|| self.waiting.first_key_value())?.0.clone();
            let queue = self.waiting.get_mut(&tenant)?;
            let next = queue.pop_front();
            if queue.is_empty() {
                self.waiting.remove(&tenant);
            }
            self.last = Some(tenant);
            if let Some(next) = next.filter(|next| !next.is_closed()) {
                return Some(next);
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        let Some(next) = state.next() else {
            state.running = state.running.saturating_sub(1);
            return;
        };
        drop(state);
        // Whoever has given up in this moment drops it, and it goes on from there.
        let _ = next.send(Turn(Arc::clone(&self.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use std::time::Duration;

    fn turns(running: usize, waiting: usize) -> Arc<Turns> {
        let (patience, time) = (Duration::from_secs(60), Duration::from_secs(60));
        Arc::new(Turns::new(QueryBounds { running, waiting, patience, time }))
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::new(name).unwrap()
    }

    #[tokio::test]
    async fn who_finds_too_many_waiting_is_sent_away() {
        let (turns, a) = (turns(1, 1), tenant("a"));
        let first = turns.take(&a).await.unwrap();
        let mut second = Box::pin(turns.take(&a));
        assert!(second.as_mut().now_or_never().is_none());
        assert!(matches!(turns.take(&a).await, Err(QueryError::Busy { running: 1 })));
        assert!(turns.take(&tenant("b")).now_or_never().is_none(), "another tenant's queue is not full");
        drop(first);
        let second = second.await.unwrap();
        drop(second);
        assert_eq!(turns.lock().running, 0, "who has given up is passed over");
    }

    #[tokio::test]
    async fn tenants_take_turns_however_many_wait() {
        let turns = turns(1, 10);
        let mut current = turns.take(&tenant("a")).await.unwrap();
        let (order, mut waiting) = (Arc::new(Mutex::new(String::new())), Vec::new());
        for name in ["a", "a", "a", "b", "c"] {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            let mut turn = Box::pin(async move {
                let turn = turns.take(&tenant(name)).await.unwrap();
                order.lock().unwrap().push_str(name);
                turn
            });
            assert!(turn.as_mut().now_or_never().is_none());
            waiting.push(turn);
        }
        while !waiting.is_empty() {
            drop(current);
            let (turn, _, rest) = futures::future::select_all(waiting).await;
            (current, waiting) = (turn, rest);
        }
        assert_eq!(*order.lock().unwrap(), "abcaa");
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let bounds = QueryBounds { patience: Duration::from_millis(10), ..turns(1, 1).bounds };
        let turns = Arc::new(Turns::new(bounds));
        let _first = turns.take(&tenant("a")).await.unwrap();
        assert!(turns.take(&tenant("a")).await.is_err());
    }
}
