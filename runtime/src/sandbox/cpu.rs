//! CPU time of one run, the guest's and the host's apart.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::ClockId;

use crate::cpu_meter::{nanos, thread_nanos};

/// Counts the CPU time of one run, on whatever threads it is polled.
#[derive(Debug, Default, Clone)]
pub(crate) struct Cpu(Arc<Counters>);

// Relaxed everywhere: one thread at a time has the run, and the executor's
// queue orders them.
#[derive(Debug, Default)]
struct Counters {
    /// CPU time of the polls that are over.
    guest: AtomicU64,
    host: AtomicU64,
    /// Wall time of the poll under way. A thread's CPU clock is a system call,
    /// too dear for each host call; within a poll, which does not wait, wall time
    /// tells well enough whose the time is.
    guest_wall: AtomicU64,
    host_wall: AtomicU64,
    /// When somebody last looked.
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

    /// Gives the wall time that has passed to whoever was running.
    fn look(&self) {
        let now = nanos(ClockId::Monotonic);
        let passed = now.saturating_sub(self.0.mark.swap(now, Ordering::Relaxed));
        let side = if self.0.in_guest.load(Ordering::Relaxed) { &self.0.guest_wall } else { &self.0.host_wall };
        side.fetch_add(passed, Ordering::Relaxed);
    }

    /// Divides the CPU time of a poll as its wall time was divided.
    fn settle(&self, cpu: u64) {
        self.look();
        let guest_wall = self.0.guest_wall.swap(0, Ordering::Relaxed);
        let wall = guest_wall.saturating_add(self.0.host_wall.swap(0, Ordering::Relaxed));
        let guest = u128::from(cpu).saturating_mul(guest_wall.into()).checked_div(wall.into()).unwrap_or(0);
        let guest = u64::try_from(guest).unwrap_or(cpu).min(cpu);
        self.0.guest.fetch_add(guest, Ordering::Relaxed);
        self.0.host.fetch_add(cpu.saturating_sub(guest), Ordering::Relaxed);
    }
}

struct Counted<F> {
    cpu: Cpu,
    run: F,
}

impl<F: Future + Unpin> Future for Counted<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let counters = &self.cpu.0;
        counters.polls.fetch_add(1, Ordering::Relaxed);
        // Another thread may have polled last.
        counters.mark.store(nanos(ClockId::Monotonic), Ordering::Relaxed);
        let before = thread_nanos();
        let polled = Pin::new(&mut self.run).poll(context);
        self.cpu.settle(thread_nanos().saturating_sub(before));
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cpu_time_of_a_poll_is_divided_as_its_wall_time_was() {
        let cpu = Cpu::default();
        cpu.0.guest_wall.store(u64::MAX / 4, Ordering::Relaxed);
        cpu.0.mark.store(nanos(ClockId::Monotonic), Ordering::Relaxed);
        cpu.0.host_wall.store(u64::MAX / 4, Ordering::Relaxed);
        cpu.settle(1_000);
        let (guest, host) = cpu.used();
        assert_eq!(guest + host, Duration::from_nanos(1_000));
        assert!((499..=501).contains(&guest.as_nanos()), "{guest:?}");
    }

    #[tokio::test]
    async fn each_poll_is_counted() {
        let cpu = Cpu::default();
        let twice = std::pin::pin!(tokio::task::yield_now());
        cpu.count(twice).await;
        assert_eq!(cpu.polls(), 2);
    }
}
