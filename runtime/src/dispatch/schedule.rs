//! When a scheduled trigger is due. Pure.

use std::time::Duration;

use crate::model::{CatchUp, Schedule, Timestamp};

/// How many missed times a schedule makes up for at the most.
const MOST_MISSED: usize = 60;

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

/// The time for which a schedule runs that was due at `due` and is looked at
/// `now`. If others have passed meanwhile, that is the latest of them, or, to
/// catch up with all, the oldest of those that are not too many.
pub(super) fn catch_up(schedule: &Schedule, catch_up: CatchUp, (due, now): (Timestamp, Timestamp)) -> Timestamp {
    let behind = match catch_up {
        CatchUp::One | CatchUp::Skip => 0,
        CatchUp::All => MOST_MISSED.saturating_sub(1),
    };
    due.max(before(schedule, now, behind).unwrap_or(due))
}

/// The time that lies so many times `behind` the latest up to `now`.
fn before(schedule: &Schedule, now: Timestamp, behind: usize) -> Option<Timestamp> {
    match schedule {
        Schedule::Every(every) => {
            let every = nanos(*every);
            let count = now.0.checked_div_euclid(every)?.checked_sub(i64::try_from(behind).ok()?)?;
            count.checked_mul(every).map(Timestamp)
        }
        Schedule::Cron(cron) => {
            // The crate looks for what is earlier, not for what is as late.
            let later = Timestamp(now.0.saturating_add(1));
            let time = cron.after(&later.utc()).rev().nth(behind)?;
            time.timestamp_nanos_opt().map(Timestamp)
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
    fn missed_times_are_caught_up_with_as_the_trigger_says() {
        for spec in ["every:10s", "cron:*/10 * * * * *"] {
            let schedule = schedule(spec);
            let chosen = |policy, now| catch_up(&schedule, policy, (seconds(20), seconds(now))).0 / 1_000_000_000;
            for policy in [CatchUp::One, CatchUp::All, CatchUp::Skip] {
                assert_eq!(chosen(policy, 20), 20, "{spec} {policy:?} on time");
                assert_eq!(chosen(policy, 29), 20, "{spec} {policy:?} in time");
            }
            assert_eq!(chosen(CatchUp::One, 57), 50, "{spec}");
            assert_eq!(chosen(CatchUp::All, 57), 20, "{spec}");
            assert_eq!(chosen(CatchUp::All, 10_000), 9_410, "{spec}: the newest 60");
        }
    }

    #[test]
    fn a_schedule_that_ended_is_not_caught_up_with_for_ever() {
        let ended = schedule("cron:0 0 0 1 1 * 1971");
        let due = seconds(31_536_000);
        assert_eq!(catch_up(&ended, CatchUp::All, (due, seconds(1_000_000_000))), due);
    }
}
