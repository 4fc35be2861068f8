//! plugins/unit-conversion

use testkit::{Guest, Start};

fn conversion(guest: Guest) -> Start {
    Start::of(guest, "table:temperature").argument("conversions", "fahrenheit:degF->degC=celsius")
}

#[tokio::test(flavor = "multi_thread")]
async fn its_source_alone_says_which_package_is_missing() {
    let mut harness = conversion(Guest::Plugin("unit-conversion/unit_conversion.py")).start().await;
    let record = harness.run("temperature fahrenheit=50 1").await;
    assert_eq!(record.error.as_deref(), Some("ModuleNotFoundError: No module named 'pint'"));
    assert!(record.traceback.unwrap().contains("`tidegate package` bundles pure-Python packages"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_packages_it_converts_within_the_limits_that_every_trigger_has() {
    let mut harness = conversion(Guest::Component("unit_conversion.tidegate")).start().await;
    let lines = include_str!("../../data/noaa-day.lp");
    let first = harness.run(lines).await;
    assert_eq!(first.error, None, "{}", harness.log());
    let written = "SELECT fahrenheit, celsius FROM temperature NATURAL JOIN temperature_converted";
    let rows = harness.query(written).await;
    assert_eq!(rows.lines().count(), 48);
    for row in rows.lines() {
        let (fahrenheit, celsius) = row.split_once(',').unwrap();
        let (fahrenheit, celsius): (f64, f64) = (fahrenheit.parse().unwrap(), celsius.parse().unwrap());
        assert!((celsius - (fahrenheit - 32.0) / 1.8).abs() < 1e-9, "{row}");
    }
    // What it imports is there already.
    let second = harness.run("temperature,city=seattle fahrenheit=50 1").await;
    assert_eq!(second.error, None);
    assert!(second.usage.fuel * 10 < first.usage.fuel, "{} after {}", second.usage.fuel, first.usage.fuel);
}
