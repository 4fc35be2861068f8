//! One test for each limit: what hits it, and what its owner then reads.

use std::time::Duration;

use testkit::{Guest, Harness, Start};
use tidegate::{Limit, RunRecord};

/// The table must stay empty, and its trigger must live on.
async fn keeps_nothing(harness: &mut Harness) {
    assert_eq!(harness.query("SELECT count(*) FROM information_schema.tables WHERE table_name = 'evil'").await, "0");
    assert_eq!(harness.status().state, tidegate::TriggerState::Enabled);
}

async fn stopped(start: Start) -> (RunRecord, Harness) {
    let mut harness = start.start().await;
    let record = harness.run("cpu usage=1i").await;
    assert_eq!(record.ending, "stopped", "{:?}", record.error);
    keeps_nothing(&mut harness).await;
    (record, harness)
}

fn error(record: &RunRecord) -> &str {
    record.error.as_deref().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_in_rust_ends_with_the_fuel_it_used_and_was_allowed() {
    let (record, _) = stopped(Start::evil("write-then-spin").limit(Limit::Fuel, 50_000_000)).await;
    assert_eq!(
        error(&record),
        "stopped at its limit; do less in a run, or allow the trigger more. limit=`fuel` used=`50000000` allowed=`50000000`"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_loop_in_python_ends_likewise_and_keeps_nothing() {
    let code = "
def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.write(LineBuilder('evil').int64_field('x', 1))
    while True: pass
";
    let (record, _) = stopped(Start::python("all_tables", code).limit(Limit::Fuel, 200_000_000)).await;
    assert!(error(&record).ends_with("limit=`fuel` used=`200000000` allowed=`200000000`"), "{:?}", record.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_triggers_and_writes_go_on_while_one_loops() {
    let looping = "
def process_writes(influxdb3_local, table_batches, args=None):
    while True: pass
";
    let good = "
def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.write(LineBuilder('good').int64_field('rows', len(table_batches[0]['rows'])))
";
    let mut harness = Start::python("table:cpu", good).start().await;
    for name in ["a", "b", "c"] {
        harness.add(Start::python("table:cpu", looping).named(name)).await;
    }
    for round in 0..5 {
        let begun = tokio::time::Instant::now();
        let record = harness.run(&format!("cpu usage=1i {round}")).await;
        assert_eq!(record.ending, "succeeded");
        assert!(begun.elapsed() < Duration::from_secs(5), "took {:?}", begun.elapsed());
    }
    assert_eq!(harness.query("SELECT count(*) FROM good").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn sleeping_ends_at_the_deadline() {
    let code = "
import time
def process_writes(influxdb3_local, table_batches, args=None):
    time.sleep(60)
";
    for start in [Start::evil("sleep"), Start::python("all_tables", code)] {
        let begun = tokio::time::Instant::now();
        let (record, _) = stopped(start.limit(Limit::Deadline, 1_000)).await;
        assert!(error(&record).contains("limit=`deadline_ms`") && error(&record).ends_with("allowed=`1000`"));
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spinning_ends_at_the_deadline_if_that_comes_first() {
    let (record, _) = stopped(Start::evil("spin").limit(Limit::Deadline, 50).limit(Limit::Fuel, u64::MAX)).await;
    assert!(error(&record).contains("limit=`deadline_ms`"), "{:?}", record.error);
    assert!(record.usage.guest_cpu > Duration::ZERO);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_calls_the_host_all_the_time_meets_the_deadline_and_lets_others_run() {
    let busy = |name| {
        let start = Start::evil("host-call-flood").named(name).limit(Limit::Deadline, 1_000);
        start.limit(Limit::HostCalls, u64::MAX).limit(Limit::Fuel, u64::MAX)
    };
    let mut harness = Start::evil("remember").start().await;
    for name in ["a", "b", "c", "d"] {
        harness.add(busy(name)).await;
    }
    let begun = tokio::time::Instant::now();
    assert_eq!(harness.run("cpu usage=1i").await.ending, "succeeded");
    assert!(begun.elapsed() < Duration::from_millis(900), "it waited for the others: {:?}", begun.elapsed());
    harness.until_runs("a", 1).await;
    let error = harness.status_of("a").last_run.unwrap().error.clone().unwrap();
    assert!(error.contains("limit=`deadline_ms`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_growth_ends_at_the_memory_limit() {
    let code = "
def process_writes(influxdb3_local, table_batches, args=None):
    keep = []
    while True:
        try:
            keep.append(bytearray(1 << 20))
        except MemoryError:
            pass
";
    let (record, _) = stopped(Start::evil("grow-memory")).await;
    assert!(error(&record).ends_with("limit=`memory_bytes` used=`67108864` allowed=`67108864`"), "{:?}", record.error);
    let (record, _) = stopped(Start::python("all_tables", code)).await;
    assert!(
        error(&record).ends_with("limit=`memory_bytes` used=`134217728` allowed=`134217728`"),
        "{:?}",
        record.error
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_of_100_mb_ends_at_the_log_limit() {
    let code = "
def process_writes(influxdb3_local, table_batches, args=None):
    for _ in range(10_000):
        influxdb3_local.info('x' * 10_000)
";
    for start in [Start::evil("log-100-mb-in-pieces"), Start::python("all_tables", code)] {
        let (record, mut harness) = stopped(start).await;
        assert!(error(&record).contains("limit=`log_bytes`"), "{:?}", record.error);
        assert!(harness.log().len() < 128 << 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_message_of_100_mb_is_more_than_a_host_call_takes() {
    let start = Start::evil("log-100-mb-at-once").limit(Limit::Memory, 1 << 30);
    let (record, _) = stopped(start).await;
    assert!(error(&record).contains("limit=`lifted_bytes`"), "{:?}", record.error);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_other_limit_stops_a_run_that_exceeds_it() {
    for (attack, limit, amount) in [
        ("stage-100-mb", Limit::StagedBytes, 1 << 20),
        ("stage-100-mb", Limit::StagedLines, 1_000),
        ("host-call-flood", Limit::HostCalls, 1_000),
        ("handle-flood", Limit::Handles, 10),
        ("cache-flood", Limit::CacheEntries, 100),
        ("cache-flood", Limit::CacheBytes, 10_000),
        ("all-rows-at-once", Limit::QueryRows, 1),
        ("all-rows-at-once", Limit::QueryBytes, 10),
    ] {
        let start = Start::evil(attack).limit(limit, amount).argument("sql", "SELECT * FROM cpu");
        let mut harness = start.start().await;
        // Two rows, so that a limit of one is one too few.
        let record = harness.run("cpu usage=1i 1\ncpu usage=2i 2").await;
        assert!(error(&record).contains(&format!("limit=`{limit}`")), "{attack}: {:?}", record.error);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_before_a_trap_is_billed() {
    // Less than a slice: the engine itself would say that next to nothing was used.
    let mut harness = Start::evil("burn-then-trap").argument("iterations", "100000").start().await;
    let record = harness.run("cpu usage=1i").await;
    assert_eq!(record.ending, "crashed");
    assert!(record.usage.fuel > 5_000_000, "billed only {} fuel", record.usage.fuel);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_event_is_allowed_more_the_more_rows_it_has() {
    let mut harness = Start::of(Guest::EVIL, "all_tables").argument("evil", "remember").start().await;
    let one = harness.run("cpu usage=1i 1").await;
    let two = harness.run("cpu usage=1i 2\ncpu usage=1i 3").await;
    assert_eq!(two.limits.fuel - one.limits.fuel, 1_000_000);
}
