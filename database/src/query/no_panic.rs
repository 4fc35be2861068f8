//! Bugs of the query engine are errors of the query.

use std::panic::AssertUnwindSafe;

use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use futures::{FutureExt, StreamExt, stream};

/// The same rows, of which a panic is an error and the end.
pub(super) fn rows(rows: SendableRecordBatchStream) -> SendableRecordBatchStream {
    let schema = rows.schema();
    let batches = stream::unfold(Some(rows), |rows| async {
        let mut rows = rows?;
        match AssertUnwindSafe(rows.next()).catch_unwind().await {
            Ok(batch) => Some((batch?, Some(rows))),
            Err(_) => Some((Err(panicked()), None)),
        }
    });
    Box::pin(RecordBatchStreamAdapter::new(schema, batches.fuse()))
}

fn panicked() -> DataFusionError {
    DataFusionError::Execution("the query engine cannot do this; write the query otherwise".to_owned())
}
