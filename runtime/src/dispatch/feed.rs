//! Tells write triggers of rows: one reader of the log for all of them, so that
//! ten thousand triggers which do not want a row cost nothing at its write.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Dispatch, EVENT, retry};
use crate::database::{DatabaseError, Position, TableFilter};

/// How far the log has been looked through.
#[derive(Debug)]
pub(crate) struct Feed(Mutex<Position>);

impl Feed {
    pub(crate) fn new(position: Position) -> Self {
        Self(Mutex::new(position))
    }

    /// Every trigger that wants a row before this place has been told so.
    pub(crate) fn position(&self) -> Position {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, position: Position) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = position;
    }
}

impl Dispatch {
    /// Follows the log until the runtime closes.
    pub(crate) async fn follow_log(self: Arc<Self>) {
        let mut head = self.log.head();
        let mut attempt = 0_u32;
        loop {
            let end = *head.borrow_and_update();
            while self.feed.position() < end && !self.closing.is_cancelled() {
                // Read anew each time: triggers come and go.
                let filter = self.registry.filter();
                match self.tell(&filter).await {
                    Ok(()) => attempt = 0,
                    Err(error) => {
                        tracing::warn!(%error, "the log cannot be read; trying again");
                        self.services.clock.sleep(retry::wait(attempt)).await;
                        attempt = attempt.saturating_add(1);
                    }
                }
            }
            tokio::select! {
                changed = head.changed() => if changed.is_err() { return },
                () = self.closing.cancelled() => return,
            }
        }
    }

    async fn tell(&self, filter: &Arc<TableFilter>) -> Result<(), DatabaseError> {
        let from = self.feed.position();
        let batch = self.log.read(from, filter, EVENT).await?;
        if !Arc::ptr_eq(filter, &self.registry.filter()) {
            // A trigger has come whose rows were left out.
            return Ok(());
        }
        if batch.lost_records > 0 {
            // Whose they were is not known: each finds out for itself.
            self.registry.all().iter().filter(|trigger| trigger.is_write()).for_each(|trigger| trigger.rows_seen(from));
        }
        for rows in &batch.rows {
            for trigger in self.registry.wanting(&rows.database, rows.batch.table()) {
                trigger.rows_seen(from);
            }
        }
        // Only now: an idle trigger's cursor is this position.
        self.feed.set(batch.next);
        Ok(())
    }
}
