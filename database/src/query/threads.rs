//! Threads for queries alone, so that none keeps clients or writes waiting.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::available_parallelism;

use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::{StreamExt as _, stream};
use rustix::process::setpriority_process;
use tidegate::CpuMeter;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

use super::stop::{self, Stop};
use super::{no_panic, turns};

/// How much queries give way to the threads that answer clients and store rows,
/// where there are too few cores for all.
const NICENESS: i32 = 5;

/// Threads that work on queries and nothing else.
#[derive(Debug)]
pub(super) struct Threads(Option<Runtime>);

/// A query that works when somebody wants its rows.
enum Query {
    New {
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
        meter: CpuMeter,
        stop: Stop,
        threads: Handle,
    },
    /// None is the end of the rows.
    Begun {
        rows: mpsc::Receiver<Option<Batch>>,
        _work: AbortOnDropHandle<()>,
        _stop: Stop,
    },
    Ended,
}

type Batch = Result<arrow::record_batch::RecordBatch, DataFusionError>;

impl Threads {
    /// # Errors
    /// If the system has no more threads.
    pub(super) fn start() -> std::io::Result<Self> {
        let threads = available_parallelism().map_or(1, NonZeroUsize::get);
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(threads).thread_name("tidegate-query").enable_time().on_thread_start(give_way);
        Ok(Self(Some(builder.build()?)))
    }

    /// The rows of a plan. They are made when they are asked for, at the cost of
    /// whoever asks now.
    ///
    /// # Errors
    /// If the plan cannot be executed.
    pub(super) fn execute(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream, DataFusionError> {
        let gone = || DataFusionError::Internal("the threads for queries are gone".to_owned());
        let threads = self.0.as_ref().ok_or_else(gone)?.handle().clone();
        let (schema, stop) = (plan.schema(), Stop::default());
        let plan = turns::taking(stop::stoppable(plan, &stop)?)?;
        let query = Query::New { plan, context, meter: CpuMeter::current(), stop, threads };
        let rows = stream::unfold(query, |query| async {
            let mut query = query.begin();
            let Query::Begun { rows, .. } = &mut query else { return None };
            match rows.recv().await {
                Some(batch) => Some((batch?, query)),
                // Half a result must not look like a whole one.
                None => Some((Err(given_up()), Query::Ended)),
            }
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows.fuse())))
    }
}

impl Query {
    fn begin(self) -> Self {
        let Self::New { plan, context, meter, stop, threads } = self else { return self };
        // One batch ahead: the reader's pace is the query's.
        let (sender, rows) = mpsc::channel(1);
        let work = meter.count(async move {
            let mut rows = match execute_stream(plan, context) {
                Ok(rows) => no_panic::rows(rows),
                Err(error) => return drop(sender.send(Some(Err(error))).await),
            };
            while let Some(batch) = rows.next().await {
                if sender.send(Some(batch)).await.is_err() {
                    return;
                }
            }
            // The reader may be gone already.
            let _ = sender.send(None).await;
        });
        Self::Begun { rows, _work: AbortOnDropHandle::new(threads.spawn(work)), _stop: stop }
    }
}

/// Lets other threads go before this one, if the system allows that: without it
/// queries are no less apart, only others wait longer for them.
pub(super) fn give_way() {
    let _ = setpriority_process(None, NICENESS);
}

fn given_up() -> DataFusionError {
    DataFusionError::Execution("the query was given up".to_owned())
}

impl Drop for Threads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // It may be dropped where nobody may wait.
            runtime.shutdown_background();
        }
    }
}
