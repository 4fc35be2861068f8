//! Python plugins: what their authors see when something goes wrong.

use testkit::Start;

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_reaches_the_log_with_its_traceback_file_and_lines() {
    let code = r#"
def convert(value):
    return int(value)

def process_writes(influxdb3_local, table_batches, args=None):
    influxdb3_local.write(LineBuilder("derived").int64_field("x", 1))
    convert("ten")
"#;
    let mut harness = Start::python("all_tables", code).start().await;
    let record = harness.run("cpu usage=1i").await;
    assert_eq!(record.ending, "failed");
    assert_eq!(record.error.as_deref(), Some("ValueError: invalid literal for int() with base 10: 'ten'"));
    let log = harness.log();
    let expected = r#"ERROR: error executing wal plugin: ValueError: invalid literal for int() with base 10: 'ten'
Traceback (most recent call last):
  File "hello.py", line 7, in process_writes
    convert("ten")
    ~~~~~~~^^^^^^^
  File "hello.py", line 3, in convert
    return int(value)
ValueError: invalid literal for int() with base 10: 'ten'"#;
    assert!(log.contains(expected), "{log}");
    assert!(harness.query("SELECT * FROM derived").await.contains("not found"), "nothing is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_plugin_prints_and_logs_is_in_its_log() {
    let code = r#"
import logging, sys
def process_writes(influxdb3_local, table_batches, args=None):
    print("printed")
    logging.warning("warned")
    print("to stderr", file=sys.stderr)
    influxdb3_local.error("told", 1, {"a": None})
"#;
    let mut harness = Start::python("all_tables", code).start().await;
    harness.run("cpu usage=1i").await;
    let log = harness.log();
    for line in ["INFO: printed", "WARN: warned", "WARN: to stderr", "ERROR: told 1 {'a': None}"] {
        assert!(log.contains(line), "{line} is missing in {log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_a_plugin_with_relative_imports() {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join("greeter");
    std::fs::create_dir(&folder).unwrap();
    let init =
        "from .words import greet\ndef process_writes(local, batches, args=None): local.info(greet(args['name']))\n";
    std::fs::write(folder.join("__init__.py"), init).unwrap();
    std::fs::write(folder.join("words.py"), "def greet(name): return f'hello {name}'\n").unwrap();

    let mut harness = Start::evil("remember").start().await;
    harness.add_from(Start::python("table:cpu", "").named("greeter").argument("name", "you"), folder.as_path()).await;
    harness.write("cpu usage=1i").await;
    harness.until_runs("greeter", 1).await;
    assert!(harness.log().contains("INFO: hello you"), "{}", harness.log());
}
