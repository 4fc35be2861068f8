//! Grants: databases, environment, and that secrets are never shown.

use testkit::Start;
use tidegate::{DatabaseName, Event, Grants, Request, Secret, VariableName};

fn with_secret() -> Grants {
    let named = |name: &str, value: &str| (VariableName::new(name).unwrap(), Secret::new(value));
    Grants {
        variables: [named("REGION", "eu-central-1")].into(),
        secrets: [named("PAGER_KEY", "hunter2-hunter2")].into(),
        ..Grants::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_reads_and_writes_the_databases_that_it_was_granted() {
    let code = "
def process_writes(local, table_batches, args=None):
    local.info('own', len(local.query('SELECT * FROM cpu')))
    try:
        local.query('SELECT 1', database='other')
    except QueryError as error:
        local.info(error)
    local.write_to_db('other', LineBuilder('t').int64_field('x', 1))
";
    let only = |name: &str| Some([DatabaseName::new(name).unwrap()].into());
    let grants = Grants { read_databases: only("db"), write_databases: only("db"), ..Grants::default() };
    let mut harness = Start::python("all_tables", code).grants(grants).start().await;
    let record = harness.run("cpu usage=1i").await;
    let log = harness.log();
    assert!(log.contains("INFO: own 1") && log.contains("needs=`--grant 'read=other'`"), "{log}");
    assert!(record.error.unwrap().contains("needs=`--grant 'write=other'`"));
    assert_eq!(harness.database.databases(&tidegate::TenantId::default_tenant()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_environment_has_what_was_granted_and_who_runs() {
    let mut harness = Start::evil("environment").grants(with_secret()).start().await;
    let error = harness.run("cpu usage=1i").await.error;
    assert_eq!(error.as_deref(), Some(r#"saw ["PAGER_KEY", "REGION"]"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_logs_nor_output_nor_failures_show_a_secret() {
    let mut harness = Start::evil("leak-environment").grants(with_secret()).start().await;
    let record = harness.run("cpu usage=1i").await;
    let log = harness.log();
    assert_eq!(log.matches("leaked PAGER_KEY=*** REGION=***").count(), 3, "logged, printed, failed: {log}");
    assert_eq!(record.error.as_deref(), Some("leaked PAGER_KEY=*** REGION=***"));
    let status = format!("{:?}", harness.status());
    assert!(!status.contains("hunter2") && status.contains("PAGER_KEY"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_lines_that_the_database_refuses_is_not_shown() {
    let code = "
def process_request(local, query, headers, body, args=None):
    local.write(LineBuilder('cpu').string_field('usage', args['key']))
";
    let mut harness =
        Start::python("request:leak", code).argument("key", "hunter2-hunter2").grants(with_secret()).start().await;
    harness.write("cpu usage=1i").await;
    let outcome = harness.request("leak", Request::default()).await;
    let seen = format!("{:?} {:?} {}", outcome.ending, harness.status().last_run, harness.log());
    assert!(outcome.error().is_some() && !seen.contains("hunter2"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_exception_with_a_secret_in_it_is_redacted_with_its_traceback() {
    let code = "
def process_request(local, query, headers, body, args=None):
    raise RuntimeError('refused: ' + args['key'])
";
    let start = Start::python("request:leak", code).argument("key", "hunter2-hunter2").grants(with_secret());
    let mut harness = start.start().await;
    let outcome = harness.dry_run(Event::Request(Request::default())).await;
    assert_eq!(outcome.error().as_deref(), Some("RuntimeError: refused: ***"));
    assert!(outcome.traceback().unwrap().trim_end().ends_with("RuntimeError: refused: ***"));
    assert!(!harness.log().contains("hunter2"));
}
