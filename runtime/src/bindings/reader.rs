//! What a guest's `reader` handle stands for.

use tokio::sync::mpsc;
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
    pub(crate) batches: mpsc::Receiver<Result<Option<Vec<Column>>, DatabaseError>>,
    /// Whether the end was reached.
    pub(crate) ended: bool,
    /// The batch that the guest is reading.
    pub(crate) current: Vec<Column>,
    /// How many rows of it the guest has.
    pub(crate) taken: usize,
    /// What an error says of the statement.
    pub(crate) context: String,
    /// The query. It ends with the reader, and so with the run.
    pub(crate) _query: AbortOnDropHandle<()>,
}
