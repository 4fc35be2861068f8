//! Lets those pay for a query's tasks and threads who asked for it.

use std::any::Any;

use datafusion::common::runtime::{JoinSetTracer, set_join_set_tracer};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use tidegate::CpuMeter;

/// Counts what a query spawns with what it does itself.
struct Billed;

type Anything = Box<dyn Any + Send>;

impl JoinSetTracer for Billed {
    fn trace_future(&self, task: BoxFuture<'static, Anything>) -> BoxFuture<'static, Anything> {
        CpuMeter::current().count(task).boxed()
    }

    fn trace_block(&self, work: Box<dyn FnOnce() -> Anything + Send>) -> Box<dyn FnOnce() -> Anything + Send> {
        let meter = CpuMeter::current();
        Box::new(move || meter.count_blocking(work))
    }
}

/// Has the tasks of all queries of the process counted from now on.
pub(super) fn count_tasks() {
    // A second database finds it done; and who embeds us may trace otherwise.
    let _ = set_join_set_tracer(&Billed);
}
