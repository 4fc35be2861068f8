//! Instances that are used again, for triggers that want them.

use std::time::Duration;

use testkit::{Guest, Start};
use tidegate::{Language, Limit, PluginSource, WarmPolicy};

/// A folder: its state lives as long as its instance.
const COUNTING: &str = "\
runs = 0
def process_writes(influxdb3_local, table_batches, args):
    global runs
    runs += 1
    print('run', runs)
    if any(row.get('spin') for batch in table_batches for row in batch['rows']):
        while True:
            pass
    if any(row.get('fail') for batch in table_batches for row in batch['rows']):
        raise ValueError('as asked')
";

fn folder(code: &str) -> PluginSource {
    PluginSource::Files(Language::Python, vec![("counting/__init__.py".to_owned(), code.as_bytes().to_vec())].into())
}

fn counts(log: &str) -> Vec<&str> {
    log.lines().filter_map(|line| line.strip_prefix("INFO: run ")).collect()
}

async fn counting(policy: Option<WarmPolicy>) -> (testkit::Harness, tidegate::TriggerId) {
    let start = Start::python("table:other", COUNTING).named("unused");
    let mut harness = start.start().await;
    let mut counting = Start::python("table:cpu", COUNTING).named("counting").limit(Limit::Fuel, 2_000_000_000);
    if let Some(policy) = policy {
        counting = counting.warm(policy);
    }
    let id = harness.add_from(counting, folder(COUNTING)).await;
    (harness, id)
}

async fn run(harness: &mut testkit::Harness, lines: &str) {
    let runs = harness.status_of("counting").runs;
    harness.write(lines).await;
    harness.until_runs("counting", runs + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn module_state_lives_as_long_as_the_instance() {
    for (policy, expected) in [
        (None, ["1", "1", "1"]),
        (Some(WarmPolicy::default()), ["1", "2", "3"]),
        (Some(WarmPolicy { max_runs: 2, ..WarmPolicy::default() }), ["1", "2", "1"]),
        (Some(WarmPolicy { max_age: Duration::ZERO, ..WarmPolicy::default() }), ["1", "1", "1"]),
    ] {
        let (mut harness, _) = counting(policy).await;
        for _ in 0..3 {
            run(&mut harness, "cpu usage=1i").await;
        }
        assert_eq!(counts(&harness.log()), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_raises_keeps_its_instance_and_one_that_is_stopped_does_not() {
    let (mut harness, _) = counting(Some(WarmPolicy::default())).await;
    for lines in ["cpu usage=1i", "cpu fail=true", "cpu spin=true", "cpu usage=2i", "cpu usage=3i"] {
        run(&mut harness, lines).await;
    }
    let log = harness.log();
    assert_eq!(counts(&log), ["1", "2", "3", "1", "2"], "{log}");
}

#[expect(clippy::disallowed_methods, reason = "memory is taken in real time")]
#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_is_idle_is_given_up() {
    let idle = WarmPolicy { max_idle: Duration::from_millis(50), ..WarmPolicy::default() };
    let (mut harness, _) = counting(Some(idle)).await;
    run(&mut harness, "cpu usage=1i").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    run(&mut harness, "cpu usage=2i").await;
    assert_eq!(counts(&harness.log()), ["1", "1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_instance_outlives_its_code_or_the_enabling_of_its_trigger() {
    let (mut harness, id) = counting(Some(WarmPolicy::default())).await;
    run(&mut harness, "cpu usage=1i").await;
    harness.runtime.load(&id.to_string(), folder(&COUNTING.replace("runs = 0", "runs = 10"))).await.unwrap();
    run(&mut harness, "cpu usage=2i").await;
    harness.runtime.disable_trigger(&id).unwrap();
    harness.runtime.enable_trigger(&id).unwrap();
    run(&mut harness, "cpu usage=3i").await;
    assert_eq!(counts(&harness.log()), ["1", "11", "11"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_has_limits_and_an_outcome_of_its_own() {
    let (mut harness, id) = counting(Some(WarmPolicy::default())).await;
    let mut fuel = Vec::new();
    for _ in 0..3 {
        run(&mut harness, "cpu usage=1i").await;
        let record = harness.status_of("counting").last_run.unwrap();
        assert!(record.usage.fuel < record.limits.fuel && record.usage.log_bytes > 0);
        fuel.push(record.usage.fuel);
    }
    assert!(fuel[1] < fuel[0] && fuel[2] < fuel[0], "the module is loaded once: {fuel:?}");
    assert_eq!(harness.runtime.dead_letters(&id).unwrap().len(), 0);
    let log = harness.log();
    assert_eq!(log.matches("finished execution").count(), 3, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_file_starts_anew_and_finds_what_it_imported() {
    let code = "\
import collections
collections.seen = getattr(collections, 'seen', 0) + 1
mine = globals().get('mine', 0) + 1
def process_writes(influxdb3_local, table_batches, args):
    print('run', mine, collections.seen)
";
    let mut harness = Start::python("all_tables", code).warm(WarmPolicy::default()).start().await;
    harness.run("cpu usage=1i").await;
    harness.run("cpu usage=2i").await;
    assert_eq!(counts(&harness.log()), ["1 1", "1 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_can_be_warm_too() {
    let start = Start::of(Guest::EVIL, "all_tables").argument("evil", "remember").warm(WarmPolicy::default());
    let mut harness = start.start().await;
    assert_eq!(harness.run("cpu usage=1i").await.error, None);
    let second = harness.run("cpu usage=2i").await.error.unwrap();
    assert!(second.contains("remembers earlier runs. runs=`1`"), "{second}");
}
