//! plugins/state-change

use std::time::Duration;

use testkit::{Guest, Start};

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;
const ALERTS: &str = "SELECT room, watched, changes, value, time FROM change_alerts ORDER BY time, room";

fn changes(spec: &str) -> Start {
    let start = Start::of(Guest::Plugin("state-change/state_change.py"), spec);
    start.argument("field", "open").argument("window", "10s").argument("limit", "2")
}

fn line(room: &str, second: i64, open: bool) -> String {
    format!("door,room={room} open={open} {}000000000", START + second)
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_counted_by_series_over_runs() {
    let mut harness = changes("table:door").start().await;
    for second in 0..4 {
        // `a` changes every second, `b` never.
        let lines = format!("{}\n{}", line("a", second, second % 2 == 1), line("b", second, true));
        assert_eq!(harness.run(&lines).await.error, None, "{}", harness.log());
    }
    assert_eq!(harness.query(ALERTS).await, format!("a,door.open,3,True,{}000000000", START + 3));
    let log = harness.log();
    assert!(log.contains("door: open of room=a changed 3 times within 10 s"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_a_window_apart_and_late_rows_do_not_count() {
    let mut harness = changes("table:door").start().await;
    let changes = [(0, false), (1, true), (2, false), (11, true), (3, false), (4, true)];
    for (second, open) in changes {
        assert_eq!(harness.run(&line("a", second, open)).await.error, None, "{}", harness.log());
    }
    let log = harness.log();
    assert!(!log.contains("WARN"), "{log}");
    assert_eq!(log.matches("left out 1 rows of 'door' that came late or twice").count(), 2, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_counts_what_is_in_the_table() {
    let mut harness = changes("every:10s").argument("table", "door").start().await;
    // The first row lies before the window.
    let rows = [line("a", -1, true), line("a", 0, false), line("a", 1, true), line("a", 2, false)];
    harness.write(&rows.join("\n")).await;
    let rows: Vec<_> = (0..4).map(|second| line("b", second, second % 2 == 0)).collect();
    harness.write(&rows.join("\n")).await;
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    assert_eq!(harness.next_run().await.error, None, "{}", harness.log());
    assert_eq!(harness.query(ALERTS).await, format!("b,door.open,3,False,{}000000000", START + 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named() {
    let mut harness = changes("table:door").argument("limit", "few").start().await;
    let error = harness.run(&line("a", 0, true)).await.error.unwrap();
    assert!(error.contains("argument 'limit' is 'few'"), "{error}");
}
