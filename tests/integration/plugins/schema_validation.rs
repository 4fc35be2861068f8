//! plugins/schema-validation

use testkit::{Guest, Harness, Start};

/// The rules that lie beside the plugin, given as an argument.
const RULES: &str = include_str!("../../../plugins/schema-validation/rules.toml");

fn validation(rules: &str) -> Start {
    Start::of(Guest::Plugin("schema-validation/schema_validation.py"), "all_tables").argument("rules", rules)
}

async fn run(harness: &mut Harness, lines: &str) {
    assert_eq!(harness.run(lines).await.error, None, "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_day_is_valid_and_arrives_as_it_was() {
    let mut harness = validation(RULES).start().await;
    run(&mut harness, include_str!("../../data/noaa-day.lp")).await;
    let all = |table| format!("SELECT city, fahrenheit, time FROM {table} ORDER BY city, time");
    let valid = harness.query(&all("temperature_valid")).await;
    assert_eq!(valid, harness.query(&all("temperature")).await);
    assert_eq!(valid.lines().count(), 48);
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_read_from_the_file_beside_it() {
    let plugin = Start::of(Guest::Plugin("schema-validation/schema_validation.py"), "all_tables");
    let mut harness = plugin.argument("config_file_path", "rules.toml").start().await;
    run(&mut harness, "temperature,city=seattle fahrenheit=130 1\ntemperature,city=seattle fahrenheit=131 2").await;
    assert_eq!(harness.query("SELECT time FROM temperature_valid").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_rows_are_kept_with_the_reason() {
    let mut harness = validation(RULES).start().await;
    let lines = "temperature,city=seattle fahrenheit=130 1\n\
                 temperature,city=seattle fahrenheit=130.1 2\n\
                 temperature,city=oakland fahrenheit=50,humidity=3i 3";
    run(&mut harness, lines).await;
    assert_eq!(harness.query("SELECT time FROM temperature_valid").await, "1");
    let dead = harness.query("SELECT city, rejected_by, reason, time FROM dead_letters ORDER BY time").await;
    let expected = "seattle,temperature,fahrenheit is 130.1, more than 130,2\n\
                    oakland,temperature,city is 'oakland', not one of ['seattle', 'san_francisco']; \
                    humidity is not in the schema,3";
    assert_eq!(dead, expected);
    let row = harness.query("SELECT row FROM dead_letters WHERE city = 'seattle'").await;
    let row: serde_json::Value = serde_json::from_str(&row).unwrap();
    assert_eq!((row["fahrenheit"].as_f64(), row["time"].as_i64()), (Some(130.1), Some(2)), "{row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_arrives_as_it_was() {
    let mut harness = validation("[tables.m.columns.i]\nrequired = true").start().await;
    run(&mut harness, "m,tag=x i=-1i,u=18446744073709551615u,f=2,b=true,s=\"a \\\"b\\\"\" 1").await;
    let types = |table| {
        format!(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '{table}' ORDER BY column_name"
        )
    };
    assert_eq!(harness.query(&types("m_valid")).await, harness.query(&types("m")).await);
    let all = |table| format!("SELECT tag, i, u, f, b, s, time FROM {table}");
    assert_eq!(harness.query(&all("m_valid")).await, harness.query(&all("m")).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rules_are_named() {
    let mut harness = validation("[tables.m.columns.i]\nmaximum = 1").start().await;
    let error = harness.run("m i=1 1").await.error.unwrap();
    assert!(error.contains("tables.m.columns.i has maximum"), "{error}");
}
