//! A query's rows on their way to who asked.

use std::time::Duration;

use arrow::array::RecordBatch;
use futures::StreamExt as _;
use tidegate_database::SendableRecordBatchStream;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;

use super::{QueryError, Turn};

/// A part of a result.
#[derive(Debug)]
pub(super) enum Piece {
    Rows(RecordBatch),
    /// There is no more.
    End,
}

/// How many pieces are made before somebody takes them.
const AHEAD: usize = 2;

/// Takes the rows of a query in its turn, until all are sent, nobody takes them, or
/// its `deadline` is over.
pub(super) fn send(
    rows: SendableRecordBatchStream,
    turn: Turn,
    (deadline, time): (Instant, Duration),
) -> Receiver<Result<Piece, QueryError>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let late = tokio::select! {
            () = sender.closed() => false,
            sent = tokio::time::timeout_at(deadline, send_all(rows, &sender)) => sent.is_err(),
        };
        // Not while somebody is slow to hear of it: the query has ended.
        drop(turn);
        if late {
            let _ = sender.send(Err(QueryError::TooLong(time))).await;
        }
    });
    receiver
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
