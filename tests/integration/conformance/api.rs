//! What a plugin finds when it runs: `influxdb3_local`, its arguments, its globals.

use testkit::Start;

use super::evaluator::Evaluator;

#[tokio::test(flavor = "multi_thread")]
async fn influxdb3_local_has_exactly_nine_members() {
    let members = "sorted(name for name in dir(local) if not name.startswith('__'))";
    let expected =
        "['cache', 'error', 'info', 'query', 'warn', 'write', 'write_sync', 'write_sync_to_db', 'write_to_db']";
    Evaluator::start().await.expect(&[(members, expected)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_have_the_same_names_and_wrong_ones_raise() {
    let evaluator = Evaluator::start().await;
    let line = "LineBuilder('m').int64_field('x', 1)";
    for (call, begins) in [
        (format!("local.write(line_builder={line})"), "None"),
        (format!("local.write_to_db(db_name='db', line_builder={line})"), "None"),
        (format!("local.write_sync(line_builder={line}, no_sync=False)"), "None"),
        (format!("local.write_sync_to_db(db_name='db', line_builder={line}, no_sync=True)"), "None"),
        ("local.query(query='SELECT 1 AS a', args=None, database='db')".to_owned(), "[{'a': 1}]"),
        ("cache.put(key='k', value=1, ttl=None, use_global=None)".to_owned(), "None"),
        ("cache.get(key='k', default=2, use_global=None)".to_owned(), "1"),
        ("cache.delete(key='k', use_global=None)".to_owned(), "True"),
        (
            format!("local.write_sync({line})"),
            "TypeError: LocalApi.write_sync() missing 1 required positional argument: 'no_sync'",
        ),
        ("local.write('m x=1i')".to_owned(), "AttributeError: 'str' object has no attribute 'build'"),
        ("local.info('a', end='')".to_owned(), "TypeError: "),
        ("local.write_to_db(1, LineBuilder('m').int64_field('x', 1))".to_owned(), "TypeError: "),
        ("class B:\n  def build(self): return 1\nlocal.write(B())".to_owned(), "TypeError: "),
        ("local.query('SELECT 1', [('a', 1)])".to_owned(), "TypeError: "),
        ("cache.put(1, 1)".to_owned(), "TypeError: "),
    ] {
        let answer = evaluator.of(&call).await;
        assert!(answer.starts_with(begins), "{call}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_file_runs_in_fresh_globals_without_a_name_of_its_own() {
    let code = r#"
runs = globals().get("runs", 0) + 1
def transform(line: LineBuilder) -> list[LineBuilder]: return [line]
Builder = LineBuilder
if __name__ == "__main__": raise SystemExit
def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.info(runs, __name__, "__file__" in globals(), Builder is LineBuilder, args)
    return table_batches
"#;
    let mut harness = Start::python("all_tables", code).start().await;
    for time in [1, 2] {
        assert_eq!(harness.run(&format!("cpu usage=1i {time}")).await.error, None);
    }
    assert_eq!(harness.log().matches("INFO: 1 builtins False True None").count(), 2, "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_are_a_dict_of_texts_that_a_plugin_may_change() {
    let code = "def process_writes(local, batches, arguments):\n    arguments['more'] = batches[0]['rows'].pop()['x']\n    local.info(arguments)";
    let mut harness = Start::python("all_tables", code).argument("threshold", "90").start().await;
    harness.run("m x=1i").await;
    assert!(harness.log().contains("INFO: {'threshold': '90', 'more': 1}"), "{}", harness.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_run_is_framed_by_the_same_log_lines_and_a_failed_one_has_no_end() {
    let code = "def process_writes(local, batches, args=None):\n    local.info()\n    local.warn('i', [1], None)\n    if 'bad' in batches[0]['rows'][0]: raise ValueError('no')";
    let mut harness = Start::python("all_tables", code).start().await;
    harness.run("m x=1i").await;
    let log = harness.log();
    assert!(
        log.starts_with(
            "INFO: starting execution of wal plugin.\nINFO: \nWARN: i [1] None\nINFO: finished execution in "
        ),
        "{log}"
    );
    harness.run("m bad=1i").await;
    assert_eq!(harness.log().matches("finished execution").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_told_in_the_same_words() {
    for (code, expected) in [
        (
            "def process_writes(local, batches): pass",
            "TypeError: process_writes() takes 2 positional arguments but 3 were given",
        ),
        (
            "from collections import *\ndef process_scheduled_call(local, time, args=None): pass",
            "the process_writes function is not present in the plugin. Should be defined as: \
             process_writes(influxdb3_local, table_batches, args=None)",
        ),
        (
            "def process_writes(local, batches, args=None):\n    local.write(LineBuilder('some_table'))",
            "InvalidLineError: At least one field is required: some_table",
        ),
        (
            "def process_writes(local, batches, args=None):\n    local.query('SELECT foo FROM not_here')",
            "QueryError: error: error while planning query: Error during planning: table 'public.iox.not_here' not found \
             executing query on db: SELECT foo FROM not_here",
        ),
    ] {
        let mut harness = Start::python("all_tables", code).start().await;
        assert_eq!(harness.run("m x=1i").await.error.as_deref(), Some(expected), "{code}");
        assert!(harness.log().contains(&format!("ERROR: error executing wal plugin: {expected}")), "{}", harness.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_and_files_say_utc_whatever_the_machine_says() {
    let table: &[(&str, &str)] = &[
        ("import time; time.localtime(0).tm_hour, time.timezone, time.tzname[0]", "(0, 0, 'UTC')"),
        ("from datetime import timezone\ndatetime(2026, 1, 1).astimezone(timezone.utc).hour", "0"),
        ("datetime(1970, 1, 2).timestamp()", "86400.0"),
        ("import os; os.environ['TIDEGATE_DATABASE'], os.environ['TIDEGATE_TRIGGER']", "('db', 'trigger')"),
    ];
    Evaluator::start().await.expect(table).await;
}
