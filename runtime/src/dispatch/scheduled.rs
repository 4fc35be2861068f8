//! Drives a scheduled trigger: waits for its time, runs, commits.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::finish::GoesOn;
use super::{Active, Dispatch, schedule};
use crate::model::{Event, Schedule};

impl Dispatch {
    /// Runs a scheduled trigger until it is stopped or never due again.
    pub(super) async fn drive_scheduled(self: Arc<Self>, active: Arc<Active>, schedule: Schedule) {
        drop(active.committing.lock().await);
        let clock = &self.services.clock;
        let mut in_flight = FuturesUnordered::new();
        let mut last = clock.now();
        'schedule: while let Some(due) = schedule::next_after(&schedule, last) {
            // One that is still running may end meanwhile; and while there are
            // too many, the next waits for one of them.
            let wait = due.since(clock.now());
            let mut timer = clock.sleep(wait);
            let mut is_due = false;
            while !is_due || in_flight.len() >= active.concurrency() {
                tokio::select! {
                    () = &mut timer, if !is_due => is_due = true,
                    () = self.closing.cancelled() => break 'schedule,
                    Some(settled) = in_flight.next() => {
                        if self.finish(&active, settled, None).await == GoesOn::No {
                            return;
                        }
                    }
                }
            }
            last = schedule::catch_up(&schedule, due, clock.now());
            in_flight.push(self.begin_attempt(&active, (Event::Schedule(last), 1)));
        }
        while let Some(settled) = in_flight.next().await {
            if self.finish(&active, settled, None).await == GoesOn::No {
                return;
            }
        }
    }
}
