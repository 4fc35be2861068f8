//! Scheduled triggers: when they run, and what they do about times that they missed.

use std::time::Duration;

use testkit::{Harness, Start};
use tidegate::{CatchUp, Notice, TriggerState};

/// Its run for 00:10 takes 25 seconds.
const SLOW: &str = "
import time
def process_scheduled_call(local, call_time, args=None):
    local.info('at', call_time.strftime('%M:%S'))
    if call_time.minute == 0 and call_time.second == 10:
        until = time.time() + 25
        while time.time() < until: pass
";

/// The times of all runs, the one at 00:10 having missed 00:20 and 00:30.
async fn times(catch_up: CatchUp, runs: u64) -> (Harness, String) {
    let mut harness = Start::python("every:10s", SLOW).catch_up(catch_up).start().await;
    let mut notices = harness.runtime.notices();
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    while !matches!(notices.recv().await.unwrap(), Notice::Log(_, entry) if entry.message == "at 00:10") {}
    harness.advance(Duration::from_secs(25)).await;
    harness.until_runs("trigger", runs).await;
    harness.settle().await;
    harness.advance(Duration::from_secs(5)).await;
    harness.until_runs("trigger", runs + 1).await;
    let log = harness.log();
    let times: Vec<_> = log.lines().filter_map(|line| line.strip_prefix("INFO: at ")).collect();
    let times = times.join(" ");
    (harness, times)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_run_is_followed_by_one_for_the_latest_missed_time_unless_told_otherwise() {
    let (mut harness, times) = times(CatchUp::default(), 2).await;
    assert_eq!(times, "00:10 00:30 00:40");
    assert!(harness.log().contains("WARN: missed times are made up for by one run"), "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_missed_times_are_run_one_after_the_other_with_their_own_call_time() {
    assert_eq!(times(CatchUp::All, 3).await.1, "00:10 00:20 00:30 00:40");
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_times_are_left_out_altogether() {
    assert_eq!(times(CatchUp::Skip, 1).await.1, "00:10 00:40");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cron_that_is_never_due_again_ends_quietly() {
    let code = "def process_scheduled_call(local, call_time, args=None): local.info('at', call_time)";
    let mut harness = Start::python("cron:10 0 0 1 1 * 2026", code).start().await;
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    harness.next_run().await;
    harness.advance(Duration::from_secs(86_400 * 800)).await;
    assert_eq!((harness.status().runs, harness.status().state), (1, TriggerState::Enabled));
    let log = harness.log();
    assert!(log.contains("INFO: at 2026-01-01 00:00:10") && !log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_run_is_told_in_the_same_words_and_the_next_one_comes() {
    let code = "def process_scheduled_call(local, call_time, args=None):\n    local.write(LineBuilder('m').int64_field('x', 1.5))\n    if call_time.second == 10: raise ValueError('no')";
    let mut harness = Start::python("every:10s", code).start().await;
    for _ in 0..2 {
        harness.settle().await;
        harness.advance(Duration::from_secs(10)).await;
        harness.next_run().await;
    }
    let log = harness.log();
    assert!(log.contains("INFO: starting execution with scheduled time 2026-01-01 00:00:10 UTC"), "{log}");
    assert!(log.contains("ERROR: error executing schedule plugin: ValueError: no"), "{log}");
    assert!(
        log.contains("ERROR: error running schedule plugin: error writing back lines to db: Cannot write: "),
        "{log}"
    );
}
