//! A stack that is deep enough.

use std::future::Future;
use std::thread;

use tidegate::{CpuMeter, DatabaseError, DatabaseErrorKind};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use super::threads::give_way;

/// Enough for every statement that is not refused as too complex, in a debug
/// build too. Only what is used takes memory.
const STACK_BYTES: usize = 256 << 20;

/// Does `work` on a thread with a deep stack.
///
/// Planning calls itself once for each level of a statement, and a stack that
/// overflows ends the process: threads of an ordinary size would hold for some
/// hundred operators only.
pub(super) async fn with_deep_stack<T: Send + 'static>(
    work: impl Future<Output = Result<T, DatabaseError>> + Send + 'static,
) -> Result<T, DatabaseError> {
    let unavailable = |reason: &str| DatabaseError::new(DatabaseErrorKind::Unavailable, reason);
    let runtime = Handle::try_current().map_err(|error| unavailable(&error.to_string()))?;
    let (answer, answered) = oneshot::channel();
    let worker = thread::Builder::new().name("tidegate-plan".to_owned()).stack_size(STACK_BYTES);
    let work = CpuMeter::current().count(work);
    let started = worker.spawn(move || {
        give_way();
        // Nobody waits for it if the run has ended meanwhile.
        let _ = answer.send(runtime.block_on(work));
    });
    started.map_err(|error| unavailable(&format!("no thread for planning: {error}")))?;
    let panicked = "error while planning query: the query engine cannot do this; write the query otherwise";
    answered.await.map_err(|_| DatabaseError::new(DatabaseErrorKind::Invalid, panicked))?
}
