//! Threads for guests alone, so that no guest keeps HTTP or storage waiting.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use async_task::{Runnable, Task};
use rustix::process::setpriority_process;
use tokio::runtime::Handle;

use super::fair::FairQueue;
use crate::cpu_meter::thread_nanos;
use crate::model::TenantId;

/// Polls guests on threads of their own. After each slice a guest goes to the
/// end of its tenant's queue, and the next slice is that of the tenant that has
/// had the least CPU time.
#[derive(Debug)]
pub(crate) struct Executor {
    ready: Arc<Ready>,
}

/// What a slice is taken to cost while it runs, in nanoseconds.
const EXPECTED: u32 = 500_000;

/// How much guests give way to the threads that answer clients and store rows,
/// where there are too few cores for all.
const NICENESS: i32 = 5;

#[derive(Debug, Default)]
struct Ready {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    slices: FairQueue<TenantId, Slice>,
    closed: bool,
}

/// What a guest does until it lets others run.
#[derive(Debug)]
struct Slice {
    tenant: TenantId,
    runnable: Runnable,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, slice: Slice) {
        {
            let mut queue = self.lock();
            if queue.closed {
                return;
            }
            queue.slices.push(&slice.tenant.clone(), slice);
        }
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Slice> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(slice) = queue.slices.pop(EXPECTED.into(), |_| true) {
                return Some(slice);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs slices until the executor ends.
    fn work(&self) {
        // Without it guests are no less apart, only others wait longer for them.
        let _ = setpriority_process(None, NICENESS);
        while let Some(Slice { tenant, runnable }) = self.next() {
            let before = thread_nanos();
            runnable.run();
            let used = i64::try_from(thread_nanos().saturating_sub(before)).unwrap_or(i64::MAX);
            self.lock().slices.charge(&tenant, used.saturating_sub(EXPECTED.into()));
        }
    }
}

impl Executor {
    /// Starts `threads` threads; guests' timers and queries run in `tasks`.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub(crate) fn start(threads: usize, tasks: &Handle) -> std::io::Result<Self> {
        let executor = Self { ready: Arc::default() };
        for number in 0..threads {
            let (ready, tasks) = (Arc::clone(&executor.ready), tasks.clone());
            std::thread::Builder::new().name(format!("guest-{number}")).spawn(move || {
                let _tasks = tasks.enter();
                ready.work();
            })?;
        }
        Ok(executor)
    }

    /// Polls `guest` whenever it is its tenant's turn. It ends when the task is
    /// dropped.
    pub(crate) fn spawn<F>(&self, tenant: TenantId, guest: F) -> Task<F::Output>
    where
        F: Future<Output: Send> + Send + 'static,
    {
        let ready = Arc::clone(&self.ready);
        // A panic is the run's, not the thread's.
        let builder = async_task::Builder::new().propagate_panic(true);
        let schedule = move |runnable| ready.push(Slice { tenant: tenant.clone(), runnable });
        let (runnable, task) = builder.spawn(|()| guest, schedule);
        runnable.schedule();
        task
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        let waiting = {
            let mut queue = self.ready.lock();
            queue.closed = true;
            std::mem::take(&mut queue.slices)
        };
        // Outside the lock: dropping a slice may drop a guest that wakes another.
        drop(waiting);
        self.ready.changed.notify_all();
    }
}
