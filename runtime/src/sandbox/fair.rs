//! Who is next: one tenant after the other, however much each has waiting.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A queue in which each key takes its turn. Within a key, first come, first
/// served.
#[derive(Debug)]
pub(crate) struct FairQueue<K, T> {
    waiting: HashMap<K, VecDeque<T>>,
    /// Every key that has something waiting, once.
    turns: VecDeque<K>,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), turns: VecDeque::new() }
    }
}

impl<K: Clone + Eq + Hash, T> FairQueue<K, T> {
    /// Queues `item` behind what `key` has waiting already.
    pub(crate) fn push(&mut self, key: &K, item: T) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.push_back(item);
        } else {
            self.waiting.insert(key.clone(), VecDeque::from([item]));
            self.turns.push_back(key.clone());
        }
    }

    /// Takes the next item of the key whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        loop {
            let key = self.turns.pop_front()?;
            let item = self.waiting.get_mut(&key).and_then(VecDeque::pop_front);
            if self.len_of(&key) == 0 {
                // Tenants come and go: nothing of one that waits for nothing stays.
                self.waiting.remove(&key);
            } else {
                self.turns.push_back(key);
            }
            if item.is_some() {
                return item;
            }
        }
    }

    /// How many items of `key` wait.
    pub(crate) fn len_of(&self, key: &K) -> usize {
        self.waiting.get(key).map_or(0, VecDeque::len)
    }

    /// Keeps of what `key` has waiting only what is `wanted`.
    pub(crate) fn retain(&mut self, key: &K, wanted: impl FnMut(&T) -> bool) {
        if let Some(waiting) = self.waiting.get_mut(key) {
            waiting.retain(wanted);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_take_turns_however_much_one_has_waiting() {
        let mut queue = FairQueue::default();
        for item in 0..3 {
            queue.push(&"greedy", item);
        }
        queue.push(&"modest", 10);
        queue.push(&"modest", 11);
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(order, [0, 10, 1, 11, 2]);
        assert_eq!((queue.len_of(&"greedy"), queue.waiting.len()), (0, 0));
    }
}
