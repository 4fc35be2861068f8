//! `write`, through the real ABI.

use testkit::{Guest, Start};

#[tokio::test(flavor = "multi_thread")]
async fn staged_lines_are_written_together_when_the_run_succeeds() {
    let code = "
class Lines:
    def build(self): return 'many x=1i 1\\nmany x=2i 2'

def process_writes(local, table_batches, args=None):
    local.write(LineBuilder('one').tag('a', 'b c').string_field('s', 'say \"x\"').time_ns(5))
    local.write(Lines())
    local.write_to_db('elsewhere', LineBuilder('there').uint64_field('u', 3).time_ns(1))
    local.info(len(local.query(\"SELECT 1 FROM information_schema.tables WHERE table_name = 'many'\")))
";
    let mut harness = Start::python("table:cpu", code).start().await;
    let record = harness.run("cpu usage=1i").await;
    assert_eq!(record.error, None);
    assert_eq!((record.usage.staged_lines, record.usage.staged_bytes > 0), (4, true));
    assert!(harness.log().contains("INFO: 0"), "nothing can be read before the run has ended");
    assert_eq!(harness.query("SELECT a, s, time FROM one").await, "b c,say \"x\",5");
    assert_eq!(harness.query("SELECT x FROM many ORDER BY time").await, "1\n2");
    let elsewhere = tidegate::DatabaseName::new("elsewhere").unwrap().into();
    assert_eq!(harness.query_in(&elsewhere, "SELECT u FROM there").await, "3");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_fails_the_run_with_its_number_and_keeps_nothing() {
    let mut harness = Start::evil("bad-last-line").start().await;
    let record = harness.run("cpu usage=1i").await;
    let error = record.error.unwrap();
    assert!(error.contains("1000"), "{error}");
    assert!(harness.query("SELECT * FROM evil").await.contains("not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_contradict_the_schema_fail_the_run_in_the_incumbents_words() {
    let code = "
def process_writes(local, table_batches, args=None):
    local.write(LineBuilder('good').int64_field('x', 1))
    local.write(LineBuilder('cpu').string_field('usage', 'high'))
";
    let mut harness = Start::python("table:cpu", code).start().await;
    harness.write("cpu usage=1i").await;
    let record = loop {
        let record = harness.next_run().await;
        if record.error.is_some() {
            break record;
        }
    };
    let error = record.error.unwrap();
    assert!(error.starts_with("error writing back lines to db: Cannot write: "), "{error}");
    assert!(error.contains("column type mismatch for column usage"), "{error}");
    assert!(harness.query("SELECT * FROM good").await.contains("not found"), "all or nothing");
    assert_eq!(harness.status().dead_letters, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn write_sync_acts_at_once_and_raises_its_errors() {
    let code = "
def process_writes(local, table_batches, args=None):
    local.write_sync(LineBuilder('now').int64_field('x', 1), no_sync=False)
    local.info(local.query('SELECT x FROM now'))
    try:
        local.write_sync_to_db('bad name', LineBuilder('now').int64_field('x', 1), True)
    except Exception as error:
        local.info(error)
    raise RuntimeError('afterwards')
";
    let mut harness = Start::python("table:cpu", code).start().await;
    harness.run("cpu usage=1i").await;
    let log = harness.log();
    assert!(log.contains("INFO: [{'x': 1}]"), "{log}");
    assert!(
        log.contains("error writing line protocol to bad name: invalid database name: database name 'bad name'"),
        "{log}"
    );
    assert_eq!(harness.query("SELECT x FROM now").await, "1", "it stays although the run failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_shows_what_would_be_written_and_writes_nothing() {
    let code = "
def process_request(local, query_parameters, request_headers, request_body, args=None):
    local.write(LineBuilder('staged').int64_field('x', 1).time_ns(1))
    local.write_sync(LineBuilder('now').int64_field('x', 2).time_ns(1), no_sync=True)
    return {'done': True}
";
    let harness = Start::of(Guest::Python(code.into()), "request:dry").start().await;
    let outcome = harness.dry_run(tidegate::Event::Request(tidegate::Request::default())).await;
    assert_eq!(outcome.staged.values().map(String::as_str).collect::<Vec<_>>(), ["now x=2i 1\nstaged x=1i 1\n"]);
    assert_eq!(outcome.response.unwrap().body, br#"{"done": true}"#);
    assert_eq!(harness.database.databases(&tidegate::TenantId::default_tenant()), []);
}
