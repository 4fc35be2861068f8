//! `log`, through the real ABI.

use testkit::Start;
use tidegate::{Limit, Notice};

#[tokio::test(flavor = "multi_thread")]
async fn entries_stream_while_the_run_is_under_way() {
    let code = "
def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.info('at once')
    while True: pass
";
    let harness = Start::python("all_tables", code).start().await;
    let mut notices = harness.runtime.notices();
    harness.write("cpu usage=1i").await;
    loop {
        match notices.recv().await.unwrap() {
            Notice::Log(_, entry) if entry.message == "at once" => break,
            Notice::Run(record) => panic!("ended before its log was seen: {record:?}"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_is_counted_in_the_outcome() {
    let start = Start::evil("empty-log-flood").limit(Limit::Log, 1_000);
    let mut harness = start.start().await;
    let record = harness.run("cpu usage=1i").await;
    assert!(record.error.unwrap().contains("limit=`log_bytes`"));
    assert!(record.usage.log_bytes <= 1_000);
}
