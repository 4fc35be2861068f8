//! Instances that wait for the next run of their trigger.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use wasmtime::Store;
use wasmtime::component::Instance;

use super::slots::Slot;
use super::store::RunState;
use crate::model::{Instances, TenantId, WarmPolicy};

/// Above this, about 5 ms, instances are kept unless a trigger says otherwise.
const LONG_LOAD: u64 = 50_000_000;

/// Nothing waits longer, whatever its policy says.
const LONGEST_IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// By which policy instances of code that takes `load_fuel` to load are kept.
pub(super) fn policy(instances: &Instances, load_fuel: u64) -> Option<WarmPolicy> {
    match instances {
        Instances::Auto if load_fuel > LONG_LOAD => Some(WarmPolicy::default()),
        Instances::Auto | Instances::Fresh => None,
        Instances::Warm(policy) => Some(policy.clone()),
    }
}

/// An instance that has done its last run well.
pub(super) struct Kept {
    pub(super) store: Store<RunState>,
    pub(super) instance: Instance,
    pub(super) history: History,
    /// Its share of its tenant's memory while it waits.
    pub(super) room: Slot,
}

impl Kept {
    /// What there is of it, part by part.
    pub(super) fn into_parts(kept: Option<Self>) -> (Option<Store<RunState>>, Option<Instance>, Option<History>) {
        kept.map_or((None, None, None), |kept| (Some(kept.store), Some(kept.instance), Some(kept.history)))
    }
}

/// What an instance has been through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct History {
    /// Whom it is for: a trigger, as long as it stays enabled.
    pub(super) owner: u64,
    /// Which version of which plugin it is an instance of.
    pub(super) code: u64,
    pub(super) policy: WarmPolicy,
    pub(super) born: Instant,
    pub(super) runs: u32,
}

impl History {
    /// That of an instance which has not run.
    pub(super) fn begin((owner, code): (u64, u64), policy: WarmPolicy) -> Self {
        Self { owner, code, policy, born: Instant::now(), runs: 0 }
    }

    /// That of the same instance after one more run.
    pub(super) fn after_run(mut self) -> Self {
        self.runs = self.runs.saturating_add(1);
        self
    }

    /// Whether it may run once more.
    fn may_go_on(&self, now: Instant) -> bool {
        self.runs < self.policy.max_runs && now.saturating_duration_since(self.born) < self.policy.max_age
    }
}

/// Instances that wait, the one that has waited longest first. Each is for
/// the very trigger and the very code that it has run before.
#[derive(Clone)]
pub(super) struct Warm {
    waiting: Arc<Mutex<Queue>>,
    most: usize,
    tasks: Handle,
}

#[derive(Default)]
struct Queue {
    instances: VecDeque<Waiting>,
    /// Whether somebody looks after it.
    swept: bool,
}

struct Waiting {
    kept: Kept,
    since: Instant,
}

impl Waiting {
    /// When it is given up.
    fn end(&self) -> Instant {
        let policy = &self.kept.history.policy;
        self.since.checked_add(policy.max_idle.min(LONGEST_IDLE)).unwrap_or(self.since)
    }
}

impl Warm {
    /// Keeps at most so many.
    pub(super) fn new(most: usize, tasks: &Handle) -> Self {
        Self { waiting: Arc::default(), most, tasks: tasks.clone() }
    }

    /// The instance of `code` that `owner` used last, if one waits.
    pub(super) fn take(&self, owner: u64, code: u64) -> Option<Kept> {
        let waiting = &mut lock(&self.waiting).instances;
        let fits = |one: &Waiting| one.kept.history.owner == owner && one.kept.history.code == code;
        let place = waiting.iter().rposition(fits)?;
        let kept = waiting.remove(place)?.kept;
        kept.history.may_go_on(Instant::now()).then_some(kept)
    }

    /// Lets an instance wait, for as long as its policy says. If there are too
    /// many, one of the tenant goes that has most.
    pub(super) fn keep(&self, kept: Kept) {
        let now = Instant::now();
        if self.most == 0 || !kept.history.may_go_on(now) {
            return;
        }
        let (crowded_out, swept) = {
            let mut queue = lock(&self.waiting);
            queue.instances.push_back(Waiting { kept, since: now });
            let surplus = (queue.instances.len() > self.most).then(|| surplus(&queue.instances)).flatten();
            let surplus = surplus.and_then(|place| queue.instances.remove(place));
            (surplus, std::mem::replace(&mut queue.swept, true))
        };
        if !swept {
            self.sweep();
        }
        // Not under the lock: unmapping takes a while.
        drop(crowded_out);
    }

    /// Drops the instances of a tenant.
    pub(super) fn forget_tenant(&self, tenant: &TenantId) {
        let gone = extract(&mut lock(&self.waiting).instances, |one| one.kept.room.tenant() == tenant);
        drop(gone);
    }

    /// Drops the instances of a trigger.
    pub(super) fn forget(&self, owner: u64) {
        let gone = extract(&mut lock(&self.waiting).instances, |one| one.kept.history.owner == owner);
        drop(gone);
    }

    /// Drops what is idle, as long as anything waits.
    fn sweep(&self) {
        let waiting = Arc::downgrade(&self.waiting);
        // In real time: memory is taken whatever the clock says.
        self.tasks.spawn(async move {
            while let Some(next) = drop_idle(&waiting) {
                tokio::time::sleep_until(next).await;
            }
        });
    }
}

/// Drops what is idle, and says when to look again, if anything is left.
fn drop_idle(waiting: &Weak<Mutex<Queue>>) -> Option<Instant> {
    let waiting = waiting.upgrade()?;
    let now = Instant::now();
    let mut queue = lock(&waiting);
    let idle = extract(&mut queue.instances, |one| one.end() <= now);
    let next = queue.instances.iter().map(Waiting::end).min();
    queue.swept = next.is_some();
    drop(queue);
    // Not under the lock: unmapping takes a while.
    drop(idle);
    next
}

/// Which one goes if there are too many: of the tenant that has most, the one that
/// has waited longest.
fn surplus(waiting: &VecDeque<Waiting>) -> Option<usize> {
    let mut counts = BTreeMap::<&TenantId, usize>::new();
    for one in waiting {
        let count = counts.entry(one.kept.room.tenant()).or_default();
        *count = count.saturating_add(1);
    }
    let (greediest, _) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    waiting.iter().position(|one| one.kept.room.tenant() == greediest)
}

fn extract(waiting: &mut VecDeque<Waiting>, goes: impl Fn(&Waiting) -> bool) -> Vec<Waiting> {
    let (gone, staying) = std::mem::take(waiting).into_iter().partition(goes);
    *waiting = staying;
    Vec::from_iter::<VecDeque<_>>(gone)
}

fn lock(waiting: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_to_load_is_kept_unless_its_trigger_says_otherwise() {
        let warm = WarmPolicy { max_runs: 7, ..WarmPolicy::default() };
        assert_eq!(policy(&Instances::Auto, LONG_LOAD), None);
        assert_eq!(policy(&Instances::Auto, LONG_LOAD + 1), Some(WarmPolicy::default()));
        assert_eq!(policy(&Instances::Fresh, u64::MAX), None);
        assert_eq!(policy(&Instances::Warm(warm.clone()), 0), Some(warm));
    }

    #[test]
    fn an_instance_goes_on_until_it_has_run_often_enough_or_is_too_old() {
        let born = Instant::now();
        let policy = WarmPolicy { max_runs: 2, max_age: Duration::from_secs(10), ..WarmPolicy::default() };
        let after = |runs, seconds| {
            let history = History { owner: 0, code: 0, policy: policy.clone(), born, runs };
            history.may_go_on(born + Duration::from_secs(seconds))
        };
        assert!(after(1, 9));
        assert!(!after(2, 9));
        assert!(!after(1, 10));
    }
}
