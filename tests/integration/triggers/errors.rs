//! What becomes of events whose runs do not succeed.

use std::time::Duration;

use testkit::Start;
use tidegate::{ErrorBehavior, TriggerState};

const FLAKY: &str = "
import tidegate
def process_writes(local, table_batches, args=None):
    tries = tidegate.increment('tries')
    if tries <= int(args['failures']):
        raise RuntimeError(f'try {tries}')
    local.write(LineBuilder('done').int64_field('tries', tries))
";

#[tokio::test(flavor = "multi_thread")]
async fn log_sets_the_event_aside_and_goes_on_with_the_next() {
    let mut harness = Start::python("table:t", FLAKY).argument("failures", "1").start().await;
    harness.run("t x=1i 1").await;
    assert_eq!(harness.run("t x=2i 2").await.ending, "succeeded");
    let letters = harness.runtime.dead_letters(harness.trigger()).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].error.as_str(), letters[0].event.rows()), ("RuntimeError: try 1", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn retry_tries_the_same_event_again_later_and_later() {
    let start = Start::python("table:t", FLAKY).argument("failures", "2").on_error(ErrorBehavior::Retry);
    let mut harness = start.start().await;
    harness.run("t x=1i 1").await;
    for (runs, seconds) in [(1, 1), (2, 2)] {
        harness.settle().await;
        assert_eq!(harness.status().runs, runs, "not before its time");
        harness.advance(Duration::from_secs(seconds)).await;
        harness.next_run().await;
    }
    assert_eq!(harness.query("SELECT tries FROM done").await, "3");
    assert_eq!(harness.status().dead_letters, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn disable_keeps_the_reason_and_the_event() {
    let start = Start::python("table:t", FLAKY).argument("failures", "1").on_error(ErrorBehavior::Disable);
    let mut harness = start.start().await;
    harness.run("t x=1i 1").await;
    while harness.status().state == TriggerState::Enabled {
        tokio::task::yield_now().await;
    }
    assert_eq!(harness.status().state, TriggerState::Failed("RuntimeError: try 1".into()));
    harness.runtime.enable_trigger(harness.trigger()).unwrap();
    assert_eq!(harness.next_run().await.ending, "succeeded", "the event came again");
}
