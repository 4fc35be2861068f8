//! What a plugin writes, and what becomes of it.

use testkit::{Harness, Start};

use super::evaluator::Evaluator;

async fn run(body: &str) -> (Harness, Option<String>) {
    let code = format!("def process_writes(local, batches, args=None):\n    {}", body.replace('\n', "\n    "));
    let mut harness = Start::python("table:source", &code).start().await;
    let error = harness.run("source x=1i 1").await.error;
    (harness, error)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_buffered_is_written_after_the_function_returned_and_not_if_it_raised() {
    let body = "local.write(LineBuilder('kept').int64_field('x', 1).time_ns(1))
try: local.query('SELECT * FROM kept')
except QueryError as error: local.info('not yet', 'not found' in str(error))";
    let (mut harness, error) = run(body).await;
    assert_eq!(error, None);
    assert!(harness.log().contains("INFO: not yet True"), "{}", harness.log());
    assert_eq!(harness.query("SELECT x FROM kept").await, "1");

    let (harness, error) = run("local.write(LineBuilder('kept').int64_field('x', 1))\nraise ValueError('no')").await;
    assert_eq!(error.as_deref(), Some("ValueError: no"));
    assert!(harness.query("SELECT x FROM kept").await.contains("not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn anything_that_builds_text_can_be_written_also_many_lines_at_once() {
    let body = "class Lines:
    def build(self): return '\\n'.join(f'many x={n}i {n}' for n in range(1, 2001))
local.write(Lines())
local.write_sync(Lines(), no_sync=True)";
    let (harness, error) = run(body).await;
    assert_eq!(error, None);
    assert_eq!(harness.query("SELECT count(*), max(x) FROM many").await, "2000,2000");
}

#[tokio::test(flavor = "multi_thread")]
async fn points_without_a_time_get_that_of_the_flush() {
    let (harness, _) = run("for n in (1, 2): local.write(LineBuilder('same').int64_field('x', n))").await;
    assert_eq!(
        harness.query("SELECT x, time = arrow_cast(1767225600000000000, 'Timestamp(ns)') FROM same").await,
        "2,true"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_created_by_writing_to_it() {
    let evaluator = Evaluator::start().await;
    let table: &[(&str, &str)] = &[
        ("local.write_to_db('buffered', LineBuilder('m').int64_field('x', 1))", "None"),
        ("local.query('SELECT x FROM m', database='buffered')", "[{'x': 1}]"),
        ("local.write_sync_to_db('at_once', LineBuilder('m').int64_field('x', 2), False)", "None"),
        ("local.query('SELECT x FROM m', database='at_once')", "[{'x': 2}]"),
        ("local.write_sync(LineBuilder('m').int64_field('x', 3), False); local.query('SELECT x FROM m')", "[{'x': 3}]"),
    ];
    evaluator.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_bad_line_rejects_all_of_the_run_and_is_an_error_of_it() {
    let body =
        "local.write(LineBuilder('good').int64_field('x', 1))\nlocal.write(LineBuilder('bad').int64_field('x', 1.5))";
    let (mut harness, error) = run(body).await;
    let error = error.unwrap();
    assert!(
        error.starts_with("error writing back lines to db: Cannot write: line protocol parse failed: line 2: "),
        "{error}"
    );
    assert!(harness.log().contains(&format!("ERROR: error running wal plugin: {error}")), "{}", harness.log());
    assert!(harness.query("SELECT x FROM good").await.contains("not found"));
    assert_eq!(harness.status().failures, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contradiction_of_the_schema_is_told_with_column_and_database() {
    let (mut harness, error) = run("local.write(LineBuilder('source').string_field('x', 'text'))").await;
    let begins = "error writing back lines to db: Cannot write: line protocol parse failed: \
                  column type mismatch for column x: existing: int64, new: utf8";
    assert!(error.as_deref().unwrap_or_default().starts_with(begins), "{error:?}");
    assert!(harness.log().contains(&format!("ERROR: error running wal plugin: {begins}")), "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn sync_writes_raise_with_the_name_of_the_database() {
    let evaluator = Evaluator::start().await;
    let bad = "LineBuilder('m').int64_field('x', 1.5)";
    for (call, begins) in [
        (
            format!("local.write_sync({bad}, True)"),
            "Exception: error writing line protocol to db: Cannot write: line protocol parse failed: ",
        ),
        (
            format!("local.write_sync_to_db('other', {bad}, True)"),
            "Exception: error writing line protocol to other: Cannot write: line protocol parse failed: ",
        ),
        (
            "local.write_sync_to_db('bad db', LineBuilder('m').int64_field('x', 1), True)".to_owned(),
            "Exception: error writing line protocol to bad db: invalid database name: database name 'bad db' contains invalid character, character number 3 is not allowed",
        ),
        (
            "local.write_sync_to_db('', LineBuilder('m').int64_field('x', 1), True)".to_owned(),
            "Exception: error writing line protocol to : invalid database name: database name  length must be between 1 and 511 characters",
        ),
    ] {
        let answer = evaluator.of(&call).await;
        assert!(answer.starts_with(begins), "{call}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_buffered_write_to_a_name_that_is_none_fails_the_run_at_its_end() {
    let answer = Evaluator::start()
        .await
        .of("local.write_to_db('bad db', LineBuilder('m').int64_field('x', 1)); 'returned'")
        .await;
    assert_eq!(
        answer,
        "! error writing back lines to bad db: invalid database name: database name 'bad db' contains invalid character, \
         character number 3 is not allowed"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_to_the_servers_own_database_raises() {
    let evaluator = Evaluator::start().await;
    for call in [
        "local.write_to_db('_internal', LineBuilder('m').int64_field('x', 1))",
        "local.write_sync_to_db('_internal', LineBuilder('m').int64_field('x', 1), True)",
    ] {
        let answer = evaluator.of(call).await;
        assert!(answer.starts_with("Exception: error writing ") && answer.contains("_internal"), "{answer}");
    }
}
