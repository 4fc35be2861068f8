//! Runs and triggers do not see each other.

use std::time::Duration;

use testkit::Start;

const REMEMBERING: &str = "
seen = []
def process_writes(influxdb3_local, table_batches, args=None):
    seen.append(1)
    import builtins, sys
    builtins.leak = getattr(builtins, 'leak', 0) + 1
    sys.leak = getattr(sys, 'leak', 0) + 1
    influxdb3_local.info(len(seen), builtins.leak, sys.leak)
";

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_of_one_trigger_never_see_each_others_memory() {
    let mut harness = Start::evil("remember").start().await;
    for _ in 0..3 {
        assert_eq!(harness.run("cpu usage=1i").await.error, None);
    }
    let mut harness = Start::python("all_tables", REMEMBERING).start().await;
    for _ in 0..3 {
        harness.run("cpu usage=1i").await;
    }
    assert_eq!(harness.log().matches("INFO: 1 1 1").count(), 3, "{}", harness.log());
}

const COUNTING: &str = "
def process_writes(influxdb3_local, table_batches, args=None):
    count = influxdb3_local.cache.get('count', default=0) + 1
    influxdb3_local.cache.put('count', count, ttl=args and float(args['ttl']))
    shared = influxdb3_local.cache.get('count', default=0, use_global=True) + 1
    influxdb3_local.cache.put('count', shared, use_global=True)
    influxdb3_local.info('own', count, 'shared', shared)
";

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_sees_the_global_entries_of_others_and_not_their_own() {
    let mut harness = Start::python("table:a", COUNTING).start().await;
    harness.add(Start::python("table:b", COUNTING).named("other")).await;
    harness.run("a x=1i").await;
    harness.write("b x=1i").await;
    harness.until_runs("other", 1).await;
    harness.run("a x=2i").await;
    let log = harness.log();
    assert!(
        log.contains("own 1 shared 1") && log.contains("own 1 shared 2") && log.contains("own 2 shared 3"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_entry_expires_to_the_millisecond() {
    let mut harness = Start::python("all_tables", COUNTING).argument("ttl", "5").start().await;
    harness.run("cpu usage=1i").await;
    harness.advance(Duration::from_millis(4_999)).await;
    harness.run("cpu usage=1i").await;
    harness.advance(Duration::from_millis(5_000)).await;
    harness.run("cpu usage=1i").await;
    let log = harness.log();
    let counts: Vec<_> =
        log.lines().filter_map(|line| line.strip_prefix("INFO: own ")).map(|line| &line[..1]).collect();
    assert_eq!(counts, ["1", "2", "1"], "{log}");
}
