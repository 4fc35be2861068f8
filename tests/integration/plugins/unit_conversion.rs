//! plugins/unit-conversion

use testkit::{Guest, Start};

#[tokio::test(flavor = "multi_thread")]
async fn its_source_alone_says_which_package_is_missing() {
    let start = Start::of(Guest::Plugin("unit-conversion/unit_conversion.py"), "table:temperature");
    let mut harness = start.argument("conversions", "fahrenheit:degF->degC").start().await;
    let error = harness.run("temperature fahrenheit=50 1").await.error.unwrap();
    assert!(error.contains("No module named 'pint'"), "{error}");
}
