//! The threads on which queries are planned and run.

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

use arrow::array::RecordBatch;
use futures::StreamExt as _;
use tidegate_database::SendableRecordBatchStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{QueryError, Turn};

/// The threads on which queries are planned and run: a batch keeps its thread for
/// as long as it takes, which connections and writes must not wait for.
#[derive(Debug)]
pub(super) struct Workers(Option<Runtime>);

/// A part of a result.
#[derive(Debug)]
pub(super) enum Piece {
    Rows(RecordBatch),
    /// There is no more.
    End,
}

/// How many pieces are made before somebody takes them.
const AHEAD: usize = 2;

/// By how much other threads go first, as `nice` counts it.
const NICE: i32 = 5;

impl Workers {
    pub(super) fn start() -> std::io::Result<Self> {
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .thread_name("tidegate-query")
            .on_thread_start(|| {
                // Where it cannot be, queries just compete with the rest.
                let _ = rustix::process::setpriority_process(None, NICE);
            })
            .enable_time()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Does `work` to its end, whether or not somebody waits for it.
    pub(super) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
        match &self.0 {
            Some(runtime) => runtime.spawn(work),
            None => tokio::spawn(work),
        }
    }

    /// Runs a query in its turn, until its rows are sent, nobody takes them, or its
    /// `deadline` is over.
    pub(super) fn send(
        &self,
        rows: SendableRecordBatchStream,
        turn: Turn,
        (deadline, time): (Instant, Duration),
    ) -> Receiver<Result<Piece, QueryError>> {
        let (sender, receiver) = mpsc::channel(AHEAD);
        self.spawn(async move {
            let late = tokio::select! {
                () = sender.closed() => false,
                sent = tokio::time::timeout_at(deadline, send_all(rows, &sender)) => sent.is_err(),
            };
            // Its memory is free by now.
            drop(turn);
            if late {
                let _ = sender.send(Err(QueryError::TooLong(time))).await;
            }
        });
        receiver
    }
}

async fn send_all(mut rows: SendableRecordBatchStream, sender: &Sender<Result<Piece, QueryError>>) {
    while let Some(batch) = rows.next().await {
        let piece = match batch {
            Ok(batch) => Ok(Piece::Rows(batch)),
            Err(error) => Err(QueryError::Database(tidegate_database::executing(&error))),
        };
        let failed = piece.is_err();
        if sender.send(piece).await.is_err() || failed {
            return;
        }
    }
    let _ = sender.send(Ok(Piece::End)).await;
}

impl Drop for Workers {
    fn drop(&mut self) {
        // A runtime must not be waited for where others run.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
