//! `process_writes`: what its rows are.

use testkit::{Guest, Start};
use tidegate::{DatabaseName, Durability, Timestamp};
use tidegate_database::{Partial, Precision, WriteOptions};

const TELL: &str = "
def process_writes(local, table_batches, args=None):
    for batch in table_batches:
        assert type(batch) is dict and type(batch['rows']) is list
        local.info(batch['table_name'], *batch['rows'])
";

#[tokio::test(flavor = "multi_thread")]
async fn a_row_holds_what_was_written_tags_first_and_time_last() {
    let mut harness = Start::python("all_tables", TELL).start().await;
    for (lines, told) in [
        (
            "cpu,host=A,region=west usage=1i,system=23.2 100",
            "{'host': 'A', 'region': 'west', 'usage': 1, 'system': 23.2, 'time': 100}",
        ),
        (
            "cpu,host=B on=t,big=18446744073709551615u,note=\"x\" 200",
            "{'host': 'B', 'on': True, 'big': 18446744073709551615, 'note': 'x', 'time': 200}",
        ),
        (
            "cpu usage=2i 300\ncpu,host=C usage=3i 400",
            "{'usage': 2, 'time': 300} {'host': 'C', 'usage': 3, 'time': 400}",
        ),
    ] {
        assert_eq!(harness.run(lines).await.error, None);
        let log = harness.log();
        assert!(log.contains(&format!("INFO: cpu {told}")), "{told} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_trigger_is_called_for_its_table_only_and_never_for_nothing() {
    let mut harness = Start::python("table:cpu", TELL).start().await;
    harness.write("memory used=1i 1").await;
    let elsewhere = DatabaseName::new("elsewhere").unwrap().into();
    let options = WriteOptions {
        precision: Precision::Nanosecond,
        partial: Partial::Reject,
        time: Timestamp(0),
        durability: Durability::Durable,
    };
    harness.database.write(&elsewhere, "cpu usage=9i 1", options).await.unwrap();
    harness.run("memory used=2i 2\ncpu usage=1i 2").await;
    let log = harness.log();
    assert!(log.contains("INFO: cpu {'usage': 1, 'time': 2}"), "{log}");
    assert!(!log.contains("memory") && !log.contains('9'), "{log}");
    assert_eq!(harness.status().runs, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn helpers_of_one_plugin_are_not_seen_by_another() {
    let defines = "import json\njson.helper = lambda: 1\ndef helper(): return 1\ndef process_writes(local, batches, args=None): local.info('defined')";
    let looks = "import json\ndef process_writes(local, batches, args=None): local.info('seen', 'helper' in globals(), hasattr(json, 'helper'))";
    let mut harness = Start::of(Guest::Python(defines.into()), "all_tables").start().await;
    harness.add(Start::python("all_tables", looks).named("other")).await;
    harness.run("m x=1i").await;
    harness.until_runs("other", 1).await;
    assert!(harness.log().contains("INFO: seen False False"), "{}", harness.log());
}
