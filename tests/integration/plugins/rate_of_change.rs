//! plugins/rate-of-change: Python that its author has compiled to a component.

use std::time::Duration;

use testkit::{Guest, Start};

#[tokio::test(flavor = "multi_thread")]
async fn counters_become_bytes_per_second() {
    let mut harness = Start::of(Guest::Component("rate_of_change.wasm"), "every:10s").start().await;
    let time = |second: i64| (1_767_225_600 + second) * 1_000_000_000;
    harness
        .write(&format!(
            "network,host=a,interface=eth0 received_bytes=1000u,sent_bytes=0u {}\n\
             network,host=a,interface=eth0 received_bytes=3000u,sent_bytes=500u {}",
            time(0),
            time(5)
        ))
        .await;
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    assert_eq!(harness.next_run().await.error, None, "{}", harness.log());
    let rates = harness.query("SELECT * FROM network_rate").await;
    assert!(rates.contains("400") && rates.contains("100"), "{rates}");
}
