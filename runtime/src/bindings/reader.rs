//! What a guest's `reader` handle stands for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::database::{ColumnDescription, DatabaseError};
use crate::model::Column;

/// A query's result on its way to the guest.
#[derive(Debug)]
// The generated module re-exports it, and so wants it public.
#[allow(unreachable_pub, reason = "see above")]
pub struct Reader {
    /// The columns of each batch.
    pub(crate) columns: Vec<ColumnDescription>,
    /// Batches as the query produces them; none is the end.
    pub(crate) batches: mpsc::Receiver<Result<Option<Batch>, DatabaseError>>,
    /// Lets the query produce its first batch.
    pub(crate) begin: Option<oneshot::Sender<()>>,
    /// Whether the end was reached.
    pub(crate) ended: bool,
    /// The batch that the guest is reading.
    pub(crate) current: Batch,
    /// How many rows of it the guest has.
    pub(crate) taken: usize,
    /// What an error says of the statement.
    pub(crate) context: String,
    /// The query. It ends with the reader, and so with the run.
    pub(crate) _query: AbortOnDropHandle<()>,
}

/// How many bytes are held, by all who share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Held(Arc<AtomicUsize>);

impl Held {
    /// How many there are now.
    pub(crate) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A batch that is counted as long as it is held.
    pub(crate) fn batch(&self, columns: Vec<Column>) -> Batch {
        let bytes = columns.iter().map(Column::byte_size).fold(0, usize::saturating_add);
        self.0.fetch_add(bytes, Ordering::Relaxed);
        Batch { columns, bytes, held: self.clone() }
    }
}

/// Rows of a result on their way to the guest.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) columns: Vec<Column>,
    bytes: usize,
    held: Held,
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.held.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ColumnValues;

    #[test]
    fn what_readers_hold_is_counted_until_it_is_dropped() {
        let held = Held::default();
        let batch = held.batch(vec![Column::full("a", ColumnValues::I64(vec![1, 2, 3]))]);
        assert!(held.bytes() >= 24);
        drop(batch);
        assert_eq!(held.bytes(), 0);
    }
}
