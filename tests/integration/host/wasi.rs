//! `wasi:*@0.2`: nothing of it reaches the machine.

use testkit::Start;

async fn error_of(attack: &str) -> Option<String> {
    let mut harness = Start::evil(attack).start().await;
    harness.run("cpu usage=1i").await.error
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_is_not_the_machines() {
    assert_eq!(error_of("environment").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_and_sockets_are_refused_when_they_are_asked_for() {
    for attack in ["open-file", "create-file", "list-root", "connect", "send-datagram", "resolve"] {
        let error = error_of(attack).await.unwrap();
        let refused = ["denied", "not permitted", "pre-opened", "No such file", "not supported", "failed to lookup"];
        assert!(refused.iter().any(|text| error.contains(text)), "{attack}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_is_the_clocks() {
    let mut harness = Start::evil("clock").start().await;
    harness.run("cpu usage=1i").await;
    assert!(harness.log().contains("1767225600000000000"), "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_run_has_randomness_of_its_own() {
    let code = "
import random, os
def process_writes(local, table_batches, args=None):
    local.info('random', random.random(), os.urandom(4).hex())
";
    let mut harness = Start::python("table:cpu", code).start().await;
    for _ in 0..5 {
        harness.run("cpu usage=1i").await;
    }
    let log = harness.log();
    let mut seen: Vec<_> = log.lines().filter(|line| line.contains("random")).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_exits_has_not_succeeded() {
    let mut harness = Start::evil("write-then-exit").start().await;
    let record = harness.run("cpu usage=1i").await;
    assert_eq!(record.ending, "crashed");
    assert!(record.error.unwrap().contains("ended its process instead of returning. status=`0`"));
    assert!(harness.query("SELECT * FROM evil").await.contains("not found"));
}
