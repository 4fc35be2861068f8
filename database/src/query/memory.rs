//! The part of the memory for queries that one of them may have.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use datafusion::common::resources_err;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation};

/// The memory of one query, taken from what there is for all.
#[derive(Debug)]
pub(super) struct Share {
    all: Arc<dyn MemoryPool>,
    most: usize,
    taken: AtomicUsize,
    exceeded: AtomicBool,
}

impl Share {
    /// At most `most` bytes of `all`.
    pub(super) fn new(all: Arc<dyn MemoryPool>, most: usize) -> Self {
        Self { all, most, taken: AtomicUsize::new(0), exceeded: AtomicBool::new(false) }
    }

    /// Says of an error that it is the query's own fault if it is that the query
    /// wants too much: trying again would not help then.
    pub(super) fn explain(&self, error: DataFusionError) -> DataFusionError {
        let exhausted = matches!(error.find_root(), DataFusionError::ResourcesExhausted(_));
        if exhausted && self.exceeded.load(Ordering::Relaxed) {
            return DataFusionError::Execution(format!(
                "the query holds more in memory than it may; ask for fewer rows or groups. allowed=`{}`",
                self.most
            ));
        }
        error
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(most: {})", self.name(), self.most)
    }
}

impl MemoryPool for Share {
    fn name(&self) -> &str {
        "share"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.all.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.all.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.taken.fetch_add(additional, Ordering::Relaxed);
        self.all.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.taken.fetch_sub(shrink, Ordering::Relaxed);
        self.all.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<(), DataFusionError> {
        let more = |taken: usize| taken.checked_add(additional).filter(|taken| *taken <= self.most);
        if self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_err() {
            self.exceeded.store(true, Ordering::Relaxed);
            return resources_err!("a query holds too much. additional=`{additional}` allowed=`{}`", self.most);
        }
        self.all.try_grow(reservation, additional).inspect_err(|_| {
            self.taken.fetch_sub(additional, Ordering::Relaxed);
        })
    }

    fn reserved(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use datafusion::execution::memory_pool::GreedyMemoryPool;

    #[test]
    fn a_query_that_wants_too_much_is_told_apart_from_too_many_queries() {
        let all: Arc<dyn MemoryPool> = Arc::new(GreedyMemoryPool::new(100));
        let shares = [(); 2].map(|()| Arc::new(Share::new(Arc::clone(&all), 80)));
        let [first, second] = shares.clone().map(|share| {
            let pool: Arc<dyn MemoryPool> = share;
            MemoryConsumer::new("test").register(&pool)
        });
        first.try_grow(60).unwrap();
        let busy = second.try_grow(60).unwrap_err();
        assert!(matches!(shares[1].explain(busy), DataFusionError::ResourcesExhausted(_)));
        let own = first.try_grow(30).unwrap_err();
        assert!(shares[0].explain(own).to_string().contains("more in memory than it may"));
        drop(first);
        second.try_grow(60).unwrap();
        assert_eq!((shares[0].reserved(), shares[1].reserved(), all.reserved()), (0, 60, 60));
    }
}
