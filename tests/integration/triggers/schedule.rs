//! Scheduled triggers, on a clock that stands still.

use std::time::Duration;

use testkit::Start;

const TELL: &str = "
def process_scheduled_call(local, call_time, args=None):
    local.info(call_time, call_time.tzinfo, args)
";

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_runs_at_multiples_of_its_period_in_naive_utc() {
    let mut harness = Start::python("every:10s", TELL).argument("a", "b").start().await;
    harness.settle().await;
    harness.advance(Duration::from_millis(9_999)).await;
    assert_eq!(harness.status().runs, 0);
    harness.advance(Duration::from_millis(1)).await;
    harness.next_run().await;
    let log = harness.log();
    assert!(log.contains("INFO: starting execution with scheduled time 2026-01-01 00:00:10 UTC"), "{log}");
    assert!(log.contains("INFO: 2026-01-01 00:00:10 None {'a': 'b'}"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticks_missed_while_time_jumped_are_one_run_for_the_current_one() {
    let mut harness = Start::python("cron:*/10 * * * * *", TELL).start().await;
    harness.settle().await;
    harness.advance(Duration::from_secs(57)).await;
    harness.next_run().await;
    harness.settle().await;
    assert_eq!(harness.status().runs, 1);
    assert!(harness.log().contains("INFO: 2026-01-01 00:00:50"), "{}", harness.log());
}
