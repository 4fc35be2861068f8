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
    len: usize,
}

impl<K, T> Default for FairQueue<K, T> {
    fn default() -> Self {
        Self { waiting: HashMap::new(), turns: VecDeque::new(), len: 0 }
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
        self.len = self.len.saturating_add(1);
    }

    /// Takes the next item of the key whose turn it is.
    pub(crate) fn pop(&mut self) -> Option<T> {
        let key = self.turns.pop_front()?;
        let waiting = self.waiting.get_mut(&key)?;
        let item = waiting.pop_front();
        if waiting.is_empty() {
            // Tenants come and go: nothing of one that waits for nothing stays.
            self.waiting.remove(&key);
        } else {
            self.turns.push_back(key);
        }
        self.len = self.len.saturating_sub(1);
        item
    }

    /// How many items wait.
    pub(crate) fn len(&self) -> usize {
        self.len
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
        assert_eq!((queue.len(), queue.waiting.len()), (0, 0));
    }
}
