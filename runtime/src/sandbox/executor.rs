//! Threads for guests alone, so that no guest keeps HTTP or storage waiting.

use std::future::Future;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use async_task::{Runnable, Task};
use tokio::runtime::Handle;

use super::fair::FairQueue;
use crate::model::TenantId;

/// Polls guests on threads of their own. After each slice a guest goes to the
/// end of its tenant's queue, and tenants take turns.
#[derive(Debug)]
pub(crate) struct Executor {
    ready: Arc<Ready>,
}

#[derive(Debug, Default)]
struct Ready {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    slices: FairQueue<TenantId, Runnable>,
    closed: bool,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, tenant: &TenantId, slice: Runnable) {
        {
            let mut queue = self.lock();
            if queue.closed {
                return;
            }
            queue.slices.push(tenant, slice);
        }
        self.changed.notify_one();
    }

    fn next(&self) -> Option<Runnable> {
        let mut queue = self.lock();
        loop {
            if queue.closed {
                return None;
            }
            if let Some(slice) = queue.slices.pop() {
                return Some(slice);
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
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
                while let Some(slice) = ready.next() {
                    slice.run();
                }
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
        let (slice, task) = builder.spawn(|()| guest, move |slice| ready.push(&tenant, slice));
        slice.schedule();
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
