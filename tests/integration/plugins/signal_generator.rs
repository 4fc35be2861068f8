//! plugins/signal-generator

use std::time::Duration;

use testkit::{Guest, Harness, Start};

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;

fn generator(signals: &str) -> Start {
    let start = Start::of(Guest::Plugin("signal-generator/signal_generator.py"), "every:4s");
    start.argument("signals", signals).argument("span", "4s").argument("step", "1s")
}

async fn call(harness: &mut Harness) {
    harness.settle().await;
    harness.advance(Duration::from_secs(4)).await;
    assert_eq!(harness.next_run().await.error, None, "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shape_fills_the_time_before_the_call() {
    let mut harness = generator("a=sine/4s/10/20 b=square/4s c=sawtooth/4s").start().await;
    call(&mut harness).await;
    let values = "SELECT signal, round(value, 9), time FROM signals ORDER BY signal, time";
    let expected = [("a", ["20", "30", "20", "10"]), ("b", ["1", "1", "-1", "-1"]), ("c", ["-1", "-0.5", "0", "0.5"])];
    let lines = expected.iter().flat_map(|(signal, values)| {
        values.iter().zip(START..).map(move |(value, time)| format!("{signal},{value},{time}000000000"))
    });
    assert_eq!(harness.query(values).await, lines.collect::<Vec<_>>().join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn noise_is_the_same_for_the_same_seed() {
    let mut results = Vec::new();
    for seed in ["7", "7", "8"] {
        let mut harness = generator("a=noise/1s").argument("seed", seed).start().await;
        call(&mut harness).await;
        call(&mut harness).await;
        results.push(harness.query("SELECT value, time FROM signals ORDER BY time").await);
    }
    assert_eq!(results[0].lines().count(), 8);
    assert_eq!(results[0], results[1]);
    assert_ne!(results[0], results[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named() {
    let mut harness = generator("a=cosine/4s").start().await;
    harness.settle().await;
    harness.advance(Duration::from_secs(4)).await;
    let error = harness.next_run().await.error.unwrap();
    assert!(error.contains("argument 'signals' has 'a=cosine/4s'"), "{error}");
}
