//! plugins/threshold-checks

use testkit::{Guest, Harness, Start};

fn checks(checks: &str) -> Start {
    Start::of(Guest::Plugin("threshold-checks/threshold_checks.py"), "all_tables").argument("checks", checks)
}

async fn run(harness: &mut Harness, lines: &str) {
    assert_eq!(harness.run(lines).await.error, None, "{}", harness.log());
}

async fn alerts(harness: &Harness) -> String {
    let columns = "host, \"check\", level, state, value, time";
    harness.query(&format!("SELECT {columns} FROM threshold_alerts ORDER BY time, \"check\"")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn breaches_are_counted_by_series_over_runs() {
    let mut harness = checks("usage>90@WARN usage>=99.5@ERROR").argument("consecutive", "2").start().await;
    for (time, usage) in [(1, "95"), (2, "99.5"), (3, "99.5"), (4, "42")] {
        run(&mut harness, &format!("cpu,host=a usage={usage} {time}\ncpu,host=b usage=90 {time}")).await;
    }
    let expected = "a,usage>90,WARN,breached,99.5,2\na,usage>=99.5,ERROR,breached,99.5,3\n\
                    a,usage>90,WARN,ok,42,4\na,usage>=99.5,ERROR,ok,42,4";
    assert_eq!(alerts(&harness).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_values_do_not_count() {
    let mut harness = checks("usage>90@WARN").argument("consecutive", "2").start().await;
    for lines in ["cpu,host=a usage=95 1", "cpu,host=a idle=5 2\ncpu,host=b usage=1 2", "cpu,host=a usage=95 3"] {
        run(&mut harness, lines).await;
    }
    assert_eq!(alerts(&harness).await, "a,usage>90,WARN,breached,95,3");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_and_booleans_are_compared_with_their_like() {
    let mut harness = checks("state==down@ERROR ready!=true@WARN state>5@INFO").start().await;
    run(&mut harness, "cpu,host=a state=\"down\",ready=false 1").await;
    let found = harness.query("SELECT text FROM threshold_alerts ORDER BY \"check\"").await;
    assert_eq!(
        found,
        "cpu: ready of host=a is False (ready!=true breached)\ncpu: state of host=a is down (state==down breached)"
    );
    let log = harness.log();
    assert!(log.contains("WARN") && log.contains("'state>5' does not suit table 'cpu': there is 'down'"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alert_that_may_not_be_sent_is_still_written() {
    let mut harness = checks("usage>90@WARN").argument("webhook_url", "http://127.0.0.1:9/hook").start().await;
    run(&mut harness, "cpu,host=a usage=95 1").await;
    let log = harness.log();
    assert!(log.contains("ERROR") && log.contains("alerts not sent to webhook_url"), "{log}");
    assert_eq!(alerts(&harness).await, "a,usage>90,WARN,breached,95,1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named() {
    let mut harness = checks("usage>90").start().await;
    let error = harness.run("cpu usage=95 1").await.error.unwrap();
    assert!(error.contains("argument 'checks' has 'usage>90'"), "{error}");
}
