//! plugins/downsample

use std::time::Duration;

use testkit::{Guest, Start};

fn downsample() -> Start {
    let start = Start::of(Guest::Plugin("downsample/downsample.py"), "every:10s");
    start.argument("source", "cpu").argument("target", "cpu_10s").argument("window", "10s")
}

/// 2026-01-01T00:00:00Z
const START: i64 = 1_767_225_600;

#[tokio::test(flavor = "multi_thread")]
async fn it_writes_one_point_per_series_and_window() {
    let mut harness = downsample().start().await;
    let lines: Vec<_> = (0..10)
        .flat_map(|second| {
            let time = (START + second) * 1_000_000_000;
            [format!("cpu,host=a usage={second} {time}"), format!("cpu,host=b usage=50,n={second}i {time}")]
        })
        .collect();
    harness.write(&lines.join("\n")).await;
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    assert_eq!(harness.next_run().await.error, None);
    let rows = harness.query("SELECT host, usage, n, time FROM cpu_10s ORDER BY host").await;
    assert_eq!(rows, format!("a,4.5,,{START}000000000\nb,50,4.5,{START}000000000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_argument_is_named() {
    let mut harness = downsample().argument("aggregate", "average").start().await;
    harness.settle().await;
    harness.advance(Duration::from_secs(10)).await;
    let error = harness.next_run().await.error.unwrap();
    assert!(error.contains("average") && error.contains("median"), "{error}");
}

/// Real data: one day of two cities, its date moved to where the clock begins.
#[tokio::test(flavor = "multi_thread")]
async fn real_temperatures_become_the_means_that_sql_gives() {
    let start = Start::of(Guest::Plugin("downsample/downsample.py"), "cron:0 0 0 * * *");
    let start = start.argument("source", "temperature").argument("target", "daily").argument("window", "1d");
    let mut harness = start.start().await;
    harness.write(include_str!("../../data/noaa-day.lp")).await;
    harness.settle().await;
    harness.advance(Duration::from_secs(86_400)).await;
    assert_eq!(harness.next_run().await.error, None, "{}", harness.log());
    let ours = harness.query("SELECT city, round(fahrenheit, 6) FROM daily ORDER BY city").await;
    let theirs = "SELECT city, round(avg(fahrenheit), 6) FROM temperature GROUP BY city ORDER BY city";
    assert_eq!(ours, harness.query(theirs).await);
    assert_eq!(ours.lines().count(), 2);
}
