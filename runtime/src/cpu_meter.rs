//! CPU time that is spent on somebody's behalf, in whatever task or thread.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

thread_local! {
    /// On whose behalf this thread works just now.
    static CURRENT: RefCell<Option<CpuMeter>> = const { RefCell::new(None) };
}

/// Counts CPU time that is spent on somebody's behalf. All clones are the same
/// meter.
///
/// The runtime counts what it awaits of a [`Database`](crate::Database). A
/// database that works on other threads, or in tasks of its own, takes the
/// [`current`](Self::current) meter along, so that this is billed as well.
#[derive(Debug, Clone, Default)]
pub struct CpuMeter(Arc<AtomicU64>);

impl CpuMeter {
    /// The meter that counts what this thread does just now; a new one if none
    /// does.
    #[must_use]
    pub fn current() -> Self {
        CURRENT.with_borrow(Clone::clone).unwrap_or_default()
    }

    /// What was counted so far.
    #[must_use]
    pub fn used(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }

    /// Counts what `work` takes whenever it is polled.
    pub fn count<F: Future>(&self, work: F) -> impl Future<Output = F::Output> + use<F> {
        let meter = self.clone();
        async move {
            let mut work = pin!(work);
            poll_fn(|context| meter.count_blocking(|| work.as_mut().poll(context))).await
        }
    }

    /// Counts what `work` takes on this thread.
    pub fn count_blocking<T>(&self, work: impl FnOnce() -> T) -> T {
        let _counting = Counting::begin(self);
        work()
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Counts from its making to its end, on one thread.
struct Counting {
    meter: CpuMeter,
    outer: Option<CpuMeter>,
    begun: u64,
}

impl Counting {
    fn begin(meter: &CpuMeter) -> Self {
        let outer = CURRENT.replace(Some(meter.clone()));
        Self { meter: meter.clone(), outer, begun: thread_nanos() }
    }
}

impl Drop for Counting {
    fn drop(&mut self) {
        // What is within its own time is counted already.
        if !self.outer.as_ref().is_some_and(|outer| outer.is(&self.meter)) {
            self.meter.0.fetch_add(thread_nanos().saturating_sub(self.begun), Ordering::Relaxed);
        }
        CURRENT.set(self.outer.take());
    }
}

/// CPU time of this thread so far.
pub(crate) fn thread_nanos() -> u64 {
    nanos(ClockId::ThreadCPUTime)
}

/// What a clock of the system shows.
pub(crate) fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(millis: u64) {
        let begun = thread_nanos();
        while thread_nanos() - begun < millis * 1_000_000 {}
    }

    #[tokio::test]
    async fn work_is_counted_once_wherever_it_is_done_and_waiting_is_not() {
        let meter = CpuMeter::default();
        let work = async {
            spin(10);
            CpuMeter::current().count_blocking(|| spin(10));
            let carried = CpuMeter::current();
            std::thread::spawn(move || carried.count_blocking(|| spin(10))).join().unwrap();
            tokio::task::yield_now().await;
        };
        meter.count(work).await;
        let used = meter.used().as_millis();
        assert!((30..38).contains(&used), "{used} ms");
        assert_eq!(CpuMeter::current().used(), Duration::ZERO, "nobody is billed for what comes later");
    }
}
