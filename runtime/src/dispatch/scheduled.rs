//! Drives a scheduled trigger: waits for its time, runs, commits.

use std::sync::Arc;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

use super::finish::GoesOn;
use super::{Active, Dispatch, schedule};
use crate::model::{CatchUp, Event, LogLevel, Schedule, Timestamp};

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
            let (mut is_due, mut on_time) = (false, false);
            while !is_due || in_flight.len() >= active.concurrency() {
                tokio::select! {
                    () = &mut timer, if !is_due => {
                        is_due = true;
                        on_time = in_flight.len() < active.concurrency();
                    }
                    () = self.closing.cancelled() => break 'schedule,
                    Some(settled) = in_flight.next() => {
                        if self.finish(&active, settled, None).await == GoesOn::No {
                            return;
                        }
                    }
                }
            }
            let catch_up = active.trigger.catch_up;
            last = schedule::catch_up(&schedule, catch_up, (due, clock.now()));
            let skipped = catch_up == CatchUp::Skip && (last > due || !on_time);
            if skipped || last > due {
                self.say_missed(&active, (due, last), catch_up);
            }
            if skipped {
                continue;
            }
            in_flight.push(self.begin_attempt(&active, (Event::Schedule(last), 1)));
        }
        while let Some(settled) = in_flight.next().await {
            if self.finish(&active, settled, None).await == GoesOn::No {
                return;
            }
        }
    }
    fn say_missed(&self, active: &Active, (due, latest): (Timestamp, Timestamp), catch_up: CatchUp) {
        let what = match catch_up {
            CatchUp::One => "missed times are made up for by one run for the latest of them; catch_up=`one`",
            CatchUp::All => "too many times were missed to make up for the oldest of them; catch_up=`all`",
            CatchUp::Skip => "missed times are not made up for; catch_up=`skip`",
        };
        self.say(active, LogLevel::Warn, format!("{what} missed=`{due}` latest=`{latest}`"));
    }
}
