//! Drives a write trigger: reads the log at its cursor, runs, commits.

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use futures::{FutureExt, StreamExt};

use super::finish::{GoesOn, Settled};
use super::gather::{Gathered, gather};
use super::{Active, Dispatch, EVENT, retry};
use crate::database::{LogBatch, Position, TableFilter};
use crate::model::{LogLevel, TableSelection, TriggerSpec};

/// A batch on its way, and where the log goes on behind it.
type InFlight = BoxFuture<'static, (Option<Settled>, Position)>;

impl Dispatch {
    /// Runs a write trigger until it is stopped.
    pub(super) async fn drive_written(self: Arc<Self>, active: Arc<Active>) {
        let filter = filter(&active);
        // Of the driver before, which was stopped.
        drop(active.committing.lock().await);
        loop {
            let Some(from) = active.take_seen() else {
                tokio::select! {
                    () = active.wake.notified() => continue,
                    () = self.closing.cancelled() => return,
                }
            };
            if self.drain(&active, &filter, from).await == GoesOn::No || self.closing.is_cancelled() {
                return;
            }
        }
    }

    /// Deals with everything from `from` to the end of the log: several batches
    /// at once if the trigger allows, committed in log order.
    async fn drain(self: &Arc<Self>, active: &Arc<Active>, filter: &TableFilter, mut from: Position) -> GoesOn {
        let mut in_flight = FuturesOrdered::<InFlight>::new();
        let mut at_end = false;
        loop {
            while !at_end && in_flight.len() < active.concurrency() && !self.closing.is_cancelled() {
                let batch = self.read_patiently(filter, from).await;
                from = batch.next;
                at_end = batch.rows.is_empty();
                in_flight.push_back(self.begin(active, batch));
            }
            let Some((settled, position)) = in_flight.next().await else {
                return GoesOn::Yes;
            };
            match settled {
                None => active.advance(position),
                Some(settled) => {
                    if self.finish(active, settled, Some(position)).await == GoesOn::No {
                        return GoesOn::No;
                    }
                }
            }
            // There may be more by now.
            at_end = at_end && !active.take_more();
        }
    }

    /// Begins a run with what of `batch` the trigger is given, if anything.
    fn begin(self: &Arc<Self>, active: &Arc<Active>, batch: LogBatch) -> InFlight {
        let position = batch.next;
        if batch.lost_records > 0 {
            active.lost(batch.lost_records);
            let lost = batch.lost_records;
            self.say(
                active,
                LogLevel::Error,
                format!("the log dropped rows before this trigger read them. records=`{lost}`"),
            );
        }
        let Gathered { event, depth, undelivered } = gather(&active.trigger, batch.rows);
        if undelivered > 0 {
            active.undelivered(undelivered);
            let message = format!("rows from a loop of triggers are not delivered. rows=`{undelivered}`");
            self.say(active, LogLevel::Warn, message);
        }
        let Some(event) = event else {
            return async move { (None, position) }.boxed();
        };
        let attempt = self.begin_attempt(active, (event, depth));
        async move { (Some(attempt.await), position) }.boxed()
    }

    async fn read_patiently(&self, filter: &TableFilter, from: Position) -> LogBatch {
        let mut attempt = 0_u32;
        loop {
            match self.log.read(from, filter, EVENT).await {
                Ok(batch) => return batch,
                Err(error) => tracing::warn!(%error, "the log cannot be read; trying again"),
            }
            self.services.clock.sleep(retry::wait(attempt)).await;
            attempt = attempt.saturating_add(1);
        }
    }
}

fn filter(active: &Active) -> TableFilter {
    let database = active.trigger.id.database.clone();
    match &active.trigger.spec {
        TriggerSpec::Write(TableSelection::All) => TableFilter::default().and_all(database),
        TriggerSpec::Write(TableSelection::One(table)) => TableFilter::default().and_table(database, table.clone()),
        TriggerSpec::Schedule(_) | TriggerSpec::Request(_) => TableFilter::default(),
    }
}
