//! When a scheduled trigger is due. Pure.

use std::time::Duration;

use crate::model::{Schedule, Timestamp};

const HOUR: i64 = 3_600_000_000_000;

/// The first time after `after` at which `schedule` is due; none if never again.
pub(super) fn next_after(schedule: &Schedule, after: Timestamp) -> Option<Timestamp> {
    match schedule {
        Schedule::Every(every) => next_multiple(*every, after),
        Schedule::Cron(cron) => {
            let next = cron.after(&after.utc()).next()?;
            next.timestamp_nanos_opt().map(Timestamp)
        }
    }
}

/// The latest time up to `now` at which `schedule` was due, if that is later
/// than `due`: a run that took too long is followed by one for the tick that is
/// current, not by one for each that was missed.
pub(super) fn catch_up(schedule: &Schedule, due: Timestamp, now: Timestamp) -> Timestamp {
    match schedule {
        Schedule::Every(every) => {
            let every = nanos(*every);
            let current = now.0.checked_div_euclid(every).and_then(|count| count.checked_mul(every));
            due.max(Timestamp(current.unwrap_or(due.0)))
        }
        Schedule::Cron(_) => {
            // From an hour back at the most: after a jump of the clock there may
            // be any number of ticks.
            let recent = Timestamp(now.0.saturating_sub(HOUR));
            let recent = if recent > due { next_after(schedule, recent).filter(|next| *next <= now) } else { None };
            let mut latest = recent.unwrap_or(due);
            while let Some(next) = next_after(schedule, latest).filter(|next| *next <= now) {
                latest = next;
            }
            latest
        }
    }
}

fn next_multiple(every: Duration, after: Timestamp) -> Option<Timestamp> {
    let every = nanos(every);
    let count = after.0.checked_div_euclid(every)?.checked_add(1)?;
    count.checked_mul(every).map(Timestamp)
}

/// At least one: specs under a millisecond are refused when they are parsed.
fn nanos(every: Duration) -> i64 {
    i64::try_from(every.as_nanos()).unwrap_or(i64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TriggerSpec;

    fn schedule(spec: &str) -> Schedule {
        match spec.parse().unwrap() {
            TriggerSpec::Schedule(schedule) => schedule,
            other => panic!("{other:?}"),
        }
    }

    fn seconds(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1_000_000_000)
    }

    #[test]
    fn every_is_aligned_to_multiples_since_1970() {
        let hourly = schedule("every:1h");
        assert_eq!(next_after(&hourly, seconds(3_599)), Some(seconds(3_600)));
        assert_eq!(next_after(&hourly, seconds(3_600)), Some(seconds(7_200)));
    }

    #[test]
    fn cron_is_in_utc_and_may_end() {
        let midnight = schedule("cron:0 0 0 * * *");
        assert_eq!(next_after(&midnight, seconds(1)), Some(seconds(86_400)));
        assert_eq!(next_after(&schedule("cron:0 0 0 1 1 * 1971"), seconds(40_000_000)), None);
    }

    #[test]
    fn missed_ticks_are_skipped_up_to_the_current_one() {
        for spec in ["every:10s", "cron:*/10 * * * * *"] {
            assert_eq!(catch_up(&schedule(spec), seconds(20), seconds(20)), seconds(20), "{spec}");
            assert_eq!(catch_up(&schedule(spec), seconds(20), seconds(57)), seconds(50), "{spec}");
        }
    }
}
