//! plugins/threshold-alert

use testkit::{Guest, Start};

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_of_crossings_only_and_remembers_between_runs() {
    let start = Start::of(Guest::Component("threshold_alert.wasm"), "table:cpu");
    let mut harness = start.argument("field", "usage").argument("threshold", "90").start().await;
    for (time, usage) in [(1, "95.5"), (2, "97.0"), (3, "42.0"), (4, "41.0")] {
        assert_eq!(harness.run(&format!("cpu,host=a usage={usage} {time}")).await.error, None);
    }
    let log = harness.log();
    assert_eq!((log.matches("WARN").count(), log.matches("INFO").count()), (1, 1), "{log}");
    let alerts = harness.query("SELECT host, field, state, value, time FROM alerts ORDER BY time").await;
    assert_eq!(alerts, "a,usage,above,95.5,1\na,usage,below,42,3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_argument_is_named_and_not_retried() {
    let start = Start::of(Guest::Component("threshold_alert.wasm"), "table:cpu").argument("field", "usage");
    let mut harness = start.on_error(tidegate::ErrorBehavior::Retry).start().await;
    let record = harness.run("cpu usage=1i").await;
    assert!(record.error.as_deref().unwrap().contains("threshold"), "{:?}", record.error);
    assert_eq!(harness.status().runs, 1);
}
