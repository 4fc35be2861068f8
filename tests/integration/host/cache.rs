//! `cache`, through the real ABI.

use testkit::Start;

#[tokio::test(flavor = "multi_thread")]
async fn puts_of_a_failed_run_are_not_seen_and_its_counts_are() {
    let code = "
import tidegate
def process_writes(local, table_batches, args=None):
    local.info('put', local.cache.get('put'), 'count', tidegate.increment('count'))
    local.cache.put('put', {'a': [1, 2]})
    local.info('own', local.cache.get('put'))
    if table_batches[0]['rows'][0]['usage'] == 1:
        raise RuntimeError('first')
";
    let mut harness = Start::python("table:cpu", code).start().await;
    for usage in [1, 2, 3] {
        harness.run(&format!("cpu usage={usage}i {usage}")).await;
    }
    let log = harness.log();
    for line in ["put None count 1", "put None count 2", "put {'a': [1, 2]} count 3", "own {'a': [1, 2]}"] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn compare_and_swap_replaces_only_what_is_expected() {
    let code = "
import tidegate
def process_writes(local, table_batches, args=None):
    local.info(tidegate.compare_and_swap('k', None, 'first'))
    local.info(tidegate.compare_and_swap('k', 'other', 'second'))
    local.info(tidegate.compare_and_swap('k', 'first', 'second'), local.cache.get('k'))
";
    let mut harness = Start::python("table:cpu", code).start().await;
    assert_eq!(harness.run("cpu usage=1i").await.error, None);
    let log = harness.log();
    assert!(log.contains("INFO: True\nINFO: False\nINFO: True second"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pickle_is_not_shared() {
    let mut harness = Start::evil("pickle-for-everybody").start().await;
    let error = harness.run("cpu usage=1i").await.error.unwrap();
    assert!(error.contains("a pickle cannot be shared"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_of_a_removed_trigger_are_gone() {
    let code = "
def process_writes(local, table_batches, args=None):
    local.info('seen', local.cache.get('k'))
    local.cache.put('k', 1)
";
    let mut harness = Start::python("table:cpu", code).start().await;
    harness.run("cpu usage=1i").await;
    harness.runtime.remove_trigger(harness.trigger()).await.unwrap();
    harness.add(Start::python("table:cpu", code)).await;
    harness.run("cpu usage=2i").await;
    assert_eq!(harness.log().matches("seen None").count(), 2, "{}", harness.log());
}
