//! plugins/deadman-alert

use std::time::Duration;

use testkit::{Guest, Harness, Start, Target};

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;

fn deadman() -> Start {
    let start = Start::of(Guest::Plugin("deadman-alert/deadman_alert.py"), "every:1m");
    start.argument("table", "cpu").argument("silence", "2m")
}

async fn minute(harness: &mut Harness) {
    harness.settle().await;
    harness.advance(Duration::from_secs(60)).await;
    assert_eq!(harness.next_run().await.error, None, "{}", harness.log());
}

async fn usage(harness: &Harness, host: &str, second: i64) {
    harness.write(&format!("cpu,host={host} usage=1 {}000000000", START + second)).await;
}

async fn alerts(harness: &Harness) -> String {
    harness.query("SELECT host, state, last_seen, watched, time FROM deadman_alerts ORDER BY time").await
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_and_recovery_are_told_once_each() {
    let mut harness = deadman().start().await;
    usage(&harness, "a", 0).await;
    usage(&harness, "b", 0).await;
    minute(&mut harness).await;
    usage(&harness, "a", 119).await;
    // At two minutes `b` is silent, at three still; at four it is back.
    minute(&mut harness).await;
    usage(&harness, "a", 179).await;
    minute(&mut harness).await;
    usage(&harness, "a", 239).await;
    usage(&harness, "b", 239).await;
    minute(&mut harness).await;
    let expected = format!(
        "b,silent,2026-01-01T00:00:00Z,cpu,{}000000000\nb,recovered,2026-01-01T00:03:59Z,cpu,{}000000000",
        START + 120,
        START + 240
    );
    assert_eq!(alerts(&harness).await, expected);
    let log = harness.log();
    assert!(log.contains("no data in 'cpu' since 2026-01-01T00:00:00Z: host=b"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_comes_late_is_no_recovery() {
    let mut harness = deadman().start().await;
    usage(&harness, "a", -600).await;
    minute(&mut harness).await;
    usage(&harness, "a", -300).await;
    minute(&mut harness).await;
    assert_eq!(alerts(&harness).await.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_may_not_be_sent_is_still_written() {
    let mut harness = deadman().argument("webhook_url", "http://127.0.0.1:9/hook").start().await;
    usage(&harness, "a", -600).await;
    minute(&mut harness).await;
    let log = harness.log();
    assert!(log.contains("ERROR") && log.contains("alerts not sent to webhook_url"), "{log}");
    assert_eq!(alerts(&harness).await.lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_is_sent_where_the_trigger_was_granted_it() {
    let target = Target::http().await;
    let start = deadman().argument("webhook_url", &format!("{}/ok", target.origin()));
    let mut harness = start.http([format!("POST {}", target.origin())]).start().await;
    usage(&harness, "a", -600).await;
    minute(&mut harness).await;
    let requests = target.requests();
    assert!(requests.len() == 1 && requests[0].starts_with("POST /ok "), "{requests:?} {}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_does_not_exist_is_a_warning() {
    let mut harness = deadman().start().await;
    harness.write("gpu usage=1 1").await;
    minute(&mut harness).await;
    let log = harness.log();
    assert!(log.contains("WARN") && log.contains("table 'cpu' has no rows in the last 86400 s"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named() {
    let mut harness = deadman().argument("silence", "soon").start().await;
    harness.settle().await;
    harness.advance(Duration::from_secs(60)).await;
    let error = harness.next_run().await.error.unwrap();
    assert!(error.contains("argument 'silence' is 'soon'"), "{error}");
}
