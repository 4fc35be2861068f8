//! Write triggers: cursors over the log.

use testkit::Start;
use tidegate::{StartAt, TriggerState};

const COPY: &str = "
def process_writes(local, table_batches, args=None):
    for batch in table_batches:
        for row in batch['rows']:
            local.write(LineBuilder('copy_of_' + batch['table_name']).int64_field('x', row['x']).time_ns(row['time']))
    local.info([(batch['table_name'], len(batch['rows'])) for batch in table_batches])
";

#[tokio::test(flavor = "multi_thread")]
async fn rows_hold_only_their_own_columns_tags_first_and_time_last() {
    let code = "
def process_writes(local, table_batches, args=None):
    local.info(args, table_batches)
";
    let mut harness = Start::python("table:cpu", code).start().await;
    harness.run("cpu,region=west,host=A usage=1i,system=23.2 100\ncpu,host=B usage=2i 200\nmem free=1i 1").await;
    let log = harness.log();
    let rows = "INFO: None [{'table_name': 'cpu', 'rows': [\
                {'region': 'west', 'host': 'A', 'usage': 1, 'system': 23.2, 'time': 100}, \
                {'host': 'B', 'usage': 2, 'time': 200}]}]";
    assert!(log.contains(rows), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_for_one_table_does_not_run_for_another() {
    let mut harness = Start::python("table:wanted", COPY).start().await;
    harness.write("unwanted x=1i 1").await;
    harness.run("wanted x=2i 2").await;
    assert_eq!(harness.status().runs, 1);
    assert_eq!(harness.query("SELECT x FROM copy_of_wanted").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_a_trigger_is_disabled_reaches_it_afterwards() {
    let mut harness = Start::python("table:t", COPY).start().await;
    harness.run("t x=1i 1").await;
    harness.runtime.disable_trigger(harness.trigger()).unwrap();
    assert_eq!(harness.status().state, TriggerState::Disabled);
    harness.write("t x=2i 2").await;
    harness.write("t x=3i 3").await;
    harness.runtime.enable_trigger(harness.trigger()).unwrap();
    harness.next_run().await;
    assert_eq!(harness.query("SELECT x FROM copy_of_t ORDER BY time").await, "1\n2\n3");
    assert_eq!(harness.status().runs, 2, "the two writes are one event");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_trigger_starts_at_the_end_of_the_log_or_at_its_beginning() {
    let mut harness = Start::evil("remember").start().await;
    harness.write("t x=1i 1").await;
    for (name, start_at) in [("late", StartAt::Latest), ("early", StartAt::Earliest)] {
        let start = Start::python("table:t", COPY).named(name);
        let plugin = harness.runtime.load("copy", testkit::Guest::Python(COPY.into()).source()).await.unwrap();
        harness.runtime.create_trigger(start.trigger().with_start_at(start_at), &plugin).await.unwrap();
    }
    harness.until_runs("early", 1).await;
    assert_eq!(harness.status_of("late").runs, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_is_not_given_its_own_rows_unless_it_asks() {
    let echo = "
def process_writes(local, table_batches, args=None):
    for row in table_batches[0]['rows']:
        local.write(LineBuilder('t').int64_field('x', row['x'] + 1).time_ns(row['time']))
";
    let mut harness = Start::python("table:t", echo).start().await;
    harness.run("t x=0i 1").await;
    // It has looked at all there is, its own row among it.
    while harness.status().lag_records > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((harness.status().runs, harness.query("SELECT x FROM t").await), (1, "1".to_owned()));

    let mut harness = Start::python("table:t", echo).with_own_writes().start().await;
    harness.write("t x=0i 1").await;
    harness.until_runs("trigger", 4).await;
    while harness.status().undelivered_rows == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((harness.status().runs, harness.query("SELECT x FROM t").await), (4, "4".to_owned()));
    assert!(harness.log().contains("WARN: rows from a loop of triggers are not delivered. rows=`1`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_in_flight_are_committed_in_log_order() {
    // Early batches take longest, so that they end last.
    let code = "
import time
def process_writes(local, table_batches, args=None):
    first = table_batches[0]['rows'][0]['x']
    time.sleep(0.4 if first == 0 else 0)
    for row in table_batches[0]['rows'][:1]:
        local.write(LineBuilder('last').int64_field('x', row['x']).time_ns(1))
";
    let mut harness = Start::python("table:t", code).concurrency(4).start().await;
    let lines: Vec<_> = (0..40_000).map(|x| format!("t x={x}i {x}")).collect();
    harness.write(&lines.join("\n")).await;
    harness.until_runs("trigger", 4).await;
    assert_eq!(harness.query("SELECT x FROM last").await, "30000");
}
