//! What the triggers of one tenant may use together, and what their queries
//! cost.

use std::time::Duration;

use testkit::{Guest, Start};
use tidegate::{Ending, ErrorKind, Limit, Quotas, Request, TenantId};
use tokio::time::{Instant, sleep};

fn request() -> Request {
    Request { method: "GET".into(), path: String::new(), query: Vec::new(), headers: Vec::new(), body: Vec::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_told_when_there_is_fuel_again() {
    let harness = Start::of(Guest::EVIL, "request:evil").argument("evil", "clock").start().await;
    let (runtime, tenant) = (&harness.runtime, TenantId::default_tenant());
    runtime.set_quotas(&tenant, Quotas { fuel_per_second: 1, ..Quotas::default() });
    assert_eq!(harness.request("evil", request()).await.ending, Ending::Succeeded, "it may overdraw once");
    let error = runtime.request(&tenant, "evil", request()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert!(error.retry_after() > Some(Duration::from_secs(1)), "{error:?}");
    assert!(error.to_string().contains("quota=`fuel_per_second`"), "{error}");

    runtime.set_quotas(&tenant, Quotas::default());
    assert_eq!(harness.request("evil", request()).await.ending, Ending::Succeeded);
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_methods, reason = "quotas are about real time")]
async fn a_write_trigger_waits_for_fuel_and_loses_nothing() {
    let mut harness = Start::evil("clock").start().await;
    let tenant = TenantId::default_tenant();
    harness.runtime.set_quotas(&tenant, Quotas { fuel_per_second: 0, ..Quotas::default() });
    assert_eq!(harness.run("cpu usage=1i 1").await.error, None, "the first may still overdraw");
    harness.write("cpu usage=2i 2").await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!((harness.status().runs, harness.status().failures, harness.status().dead_letters), (1, 0, 0));

    harness.runtime.set_quotas(&tenant, Quotas { fuel_per_second: 1 << 40, ..Quotas::default() });
    harness.until_runs("trigger", 2).await;
    assert_eq!(harness.status().failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_has_no_more_memory_than_all_runs_of_its_tenant() {
    let mut harness = Start::evil("grow-memory").start().await;
    let quotas = Quotas { memory_bytes: 8 << 20, ..Quotas::default() };
    harness.runtime.set_quotas(&TenantId::default_tenant(), quotas);
    let record = harness.run("cpu usage=1i 1").await;
    assert_eq!(record.limits.memory_bytes, 8 << 20);
    assert!(record.error.unwrap().contains("limit=`memory_bytes`"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_logs_too_much_is_heard_less() {
    let quiet = Quotas { log_bytes_per_second: 100, ..Quotas::default() };
    let start = Start::evil("empty-log-flood").limit(Limit::Log, 20_000).limit(Limit::HostCalls, 100_000);
    let mut harness = start.start().await;
    harness.runtime.set_quotas(&TenantId::default_tenant(), quiet);
    let record = harness.run("cpu usage=1i 1").await;
    assert!(record.usage.log_bytes <= 1_100, "{} bytes", record.usage.log_bytes);
    assert!(record.error.unwrap().contains("limit=`log_bytes`"), "what nobody keeps is counted all the same");
}

const HEAVY: &str = "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b";

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_paid_for_by_the_run_and_ends_when_that_can_pay_no_more() {
    let start = Start::evil("all-rows-at-once").argument("sql", HEAVY).limit(Limit::Fuel, 1_000_000_000);
    let mut harness = start.start().await;
    let begun = Instant::now();
    let record = harness.run("cpu usage=1i 1").await;
    assert!(record.error.unwrap().contains("limit=`fuel`"));
    assert_eq!(record.usage.fuel, 1_000_000_000);
    // Five fuel a nanosecond, on two threads, looked at every 20 ms.
    assert!(record.usage.query_cpu >= Duration::from_millis(150), "{:?}", record.usage);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?} {:?}", begun.elapsed(), record.usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_nobody_reads_do_nothing() {
    let code = format!(
        "
import time
from wit_world.imports import query

def process_writes(influxdb3_local, table_batches, args=None):
    readers = [query.open({HEAVY:?}, [], None) for _ in range(20)]
    time.sleep(1)
"
    );
    let mut harness = Start::python("all_tables", &code).start().await;
    let record = harness.run("cpu usage=1i 1").await;
    assert_eq!(record.error, None);
    assert!(record.usage.query_cpu < Duration::from_millis(900), "only planned: {:?}", record.usage);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_that_cannot_even_begin_is_refused_with_its_trigger() {
    let harness = Start::evil("remember").start().await;
    let plugin = harness.runtime.load("evil", Guest::EVIL.source()).await.unwrap();
    let trigger = Start::of(Guest::EVIL, "every:1h").named("small").limit(Limit::Memory, 65_536).trigger();
    let error = harness.runtime.create_trigger(trigger, &plugin).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidTrigger);
    assert!(error.to_string().contains("limit=`memory_bytes` needed=`"), "{error}");
}
