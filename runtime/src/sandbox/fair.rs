//! Who is next: whoever has used least, however much each has waiting.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::hash::Hash;

/// A queue in which keys have equal shares. Within a key, first come, first
/// served.
#[derive(Debug)]
pub(crate) struct FairQueue<K, T> {
    lanes: HashMap<K, Lane<T>>,
    /// Every key that has something waiting, by what it has used.
    ready: BTreeSet<(u64, K)>,
    /// What those have used whose turn it was last. Who comes late begins here:
    /// time in which nobody wanted anything cannot be saved.
    level: u64,
    /// The most that anybody has used.
    highest: u64,
}

#[derive(Debug)]
struct Lane<T> {
    waiting: VecDeque<T>,
    used: u64,
}

/// So many keys may be remembered that have nothing waiting.
const REMEMBERED: usize = 256;

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { lanes: HashMap::new(), ready: BTreeSet::new(), level: 0, highest: 0 }
    }
}

impl<K: Clone + Ord + Hash, T> FairQueue<K, T> {
    /// Queues `item` behind what `key` has waiting already.
    pub(crate) fn push(&mut self, key: &K, item: T) {
        let level = self.level;
        let lane = self.lanes.entry(key.clone()).or_insert_with(|| Lane { waiting: VecDeque::new(), used: level });
        if lane.waiting.is_empty() {
            lane.used = lane.used.max(level);
            self.ready.insert((lane.used, key.clone()));
        }
        lane.waiting.push_back(item);
    }

    /// Takes the next item that `fits` of the key that has used least, which has
    /// then used `cost` more.
    pub(crate) fn pop(&mut self, cost: u64, mut fits: impl FnMut(&T) -> bool) -> Option<T> {
        let lanes = &self.lanes;
        let mut fitting = |key: &K| lanes.get(key).and_then(|lane| lane.waiting.front()).is_some_and(&mut fits);
        let (used, key) = self.ready.iter().find(|(_, key)| fitting(key)).cloned()?;
        let lane = self.lanes.get_mut(&key)?;
        let item = lane.waiting.pop_front();
        if lane.waiting.is_empty() {
            self.ready.remove(&(used, key.clone()));
        }
        self.level = self.level.max(used);
        self.charge(&key, i64::try_from(cost).unwrap_or(i64::MAX));
        if self.ready.is_empty() {
            // Nobody else wanted anything: nobody owes anything.
            self.level = self.highest;
            self.forget_idle();
        }
        item
    }

    /// Corrects what `key` has used.
    pub(crate) fn charge(&mut self, key: &K, cost: i64) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        let before = lane.used;
        lane.used = before.saturating_add_signed(cost);
        self.highest = self.highest.max(lane.used);
        if self.ready.remove(&(before, key.clone())) {
            self.ready.insert((lane.used, key.clone()));
        }
    }

    /// How many items of `key` wait.
    pub(crate) fn len_of(&self, key: &K) -> usize {
        self.lanes.get(key).map_or(0, |lane| lane.waiting.len())
    }

    /// Keeps of what `key` has waiting only what is `wanted`.
    pub(crate) fn retain(&mut self, key: &K, wanted: impl FnMut(&T) -> bool) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.waiting.retain(wanted);
        if lane.waiting.is_empty() {
            self.ready.remove(&(lane.used, key.clone()));
        }
    }

    /// Forgets those who have nothing waiting and would begin anew anyway.
    fn forget_idle(&mut self) {
        if self.lanes.len() > REMEMBERED {
            let level = self.level;
            self.lanes.retain(|_, lane| !lane.waiting.is_empty() || lane.used > level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(queue: &mut FairQueue<&'static str, u32>, costs: impl Fn(u32) -> u64) -> Vec<u32> {
        let mut order = Vec::new();
        while let Some(item) = queue.pop(1, |_| true) {
            let key = if item < 10 { "greedy" } else { "modest" };
            queue.charge(&key, i64::try_from(costs(item)).unwrap() - 1);
            order.push(item);
        }
        order
    }

    fn filled(greedy: u32, modest: u32) -> FairQueue<&'static str, u32> {
        let mut queue = FairQueue::default();
        (0..greedy).for_each(|item| queue.push(&"greedy", item));
        (10..10 + modest).for_each(|item| queue.push(&"modest", item));
        queue
    }

    #[test]
    fn keys_take_turns_however_much_one_has_waiting() {
        assert_eq!(order(&mut filled(3, 2), |_| 1), [0, 10, 1, 11, 2]);
    }

    #[test]
    fn who_uses_more_at_a_time_has_fewer_turns() {
        assert_eq!(order(&mut filled(2, 5), |item| if item < 10 { 3 } else { 1 }), [0, 10, 11, 12, 1, 13, 14]);
    }

    #[test]
    fn who_comes_late_has_saved_nothing() {
        let mut queue = filled(5, 0);
        for _ in 0..3 {
            queue.pop(1, |_| true);
        }
        (10..13).for_each(|item| queue.push(&"modest", item));
        assert_eq!(order(&mut queue, |_| 1), [10, 3, 11, 4, 12]);
    }

    #[test]
    fn what_does_not_fit_is_passed_over_and_idle_keys_are_forgotten() {
        let mut queue = filled(1, 1);
        assert_eq!(queue.pop(1, |item| *item >= 10), Some(10));
        assert_eq!(queue.pop(1, |item| *item >= 10), None);
        let mut queue = FairQueue::default();
        for key in 0..10_000 {
            queue.push(&key, ());
            queue.pop(1, |()| true);
        }
        assert!(queue.lanes.len() <= REMEMBERED + 1, "{}", queue.lanes.len());
    }
}
