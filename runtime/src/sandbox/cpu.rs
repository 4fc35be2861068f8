//! CPU time of one run, the guest's and the host's apart.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// Counts the CPU time of one run, on whatever threads it is polled.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cpu(Arc<Counters>);

// Relaxed everywhere: one thread at a time has the run, and the executor's
// queue orders them.
#[derive(Debug, Default)]
struct Counters {
    guest: AtomicU64,
    host: AtomicU64,
    /// The thread's CPU time when somebody last looked.
    mark: AtomicU64,
    in_guest: AtomicBool,
    polls: AtomicU64,
}

impl Cpu {
    /// Says that the guest runs from now on.
    pub(crate) fn enter_guest(&self) {
        self.look();
        self.0.in_guest.store(true, Ordering::Relaxed);
    }

    /// Says that the host runs from now on.
    pub(crate) fn enter_host(&self) {
        self.look();
        self.0.in_guest.store(false, Ordering::Relaxed);
    }

    /// The guest's time and the host's.
    pub(crate) fn used(&self) -> (Duration, Duration) {
        let nanos = |counter: &AtomicU64| Duration::from_nanos(counter.load(Ordering::Relaxed));
        (nanos(&self.0.guest), nanos(&self.0.host))
    }

    /// How often the run was polled: once more than it let others run.
    pub(crate) fn polls(&self) -> u64 {
        self.0.polls.load(Ordering::Relaxed)
    }

    /// Counts the time that `run` is polled.
    pub(crate) fn count<F: Future + Unpin>(&self, run: F) -> impl Future<Output = F::Output> {
        Counted { cpu: self.clone(), run }
    }

    fn look(&self) {
        let now = thread_nanos();
        let passed = now.saturating_sub(self.0.mark.swap(now, Ordering::Relaxed));
        let side = if self.0.in_guest.load(Ordering::Relaxed) { &self.0.guest } else { &self.0.host };
        side.fetch_add(passed, Ordering::Relaxed);
    }
}

struct Counted<F> {
    cpu: Cpu,
    run: F,
}

impl<F: Future + Unpin> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.cpu.0.polls.fetch_add(1, Ordering::Relaxed);
        // Another thread may have polled last.
        self.cpu.0.mark.store(thread_nanos(), Ordering::Relaxed);
        let polled = Pin::new(&mut self.run).poll(context);
        self.cpu.look();
        polled
    }
}

fn thread_nanos() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}
