//! The server as its users meet it: a real process, HTTP, the command line.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;
use testkit::{Server, program};
use tokio::time::Instant;

const DOUBLE: &str = "
def process_writes(influxdb3_local, table_batches, args=None):
    for batch in table_batches:
        for row in batch['rows']:
            influxdb3_local.write(LineBuilder('derived').float64_field('x', row['usage'] * 2).time_ns(row['time']))
";

/// Asks again until the answer is there.
pub(crate) fn eventually(what: &str, mut ask: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !ask() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(50));
    }
}

#[test]
fn a_file_saved_in_the_plugin_directory_runs_without_build_or_restart() {
    let server = Server::start();
    server.save("double.py", DOUBLE);
    assert_eq!(server.tell(&["create", "database", "db"]).trim(), "Database \"db\" created successfully");
    let created = server.tell(&["create", "trigger", "--path", "double.py", "--trigger-spec", "table:cpu", "double"]);
    assert_eq!(created.trim(), "Trigger double created successfully");
    let _ = server.tell(&["write", "cpu,host=a usage=21 1"]);
    eventually("a derived row", || server.run(&["query", "SELECT x FROM derived"]).status.success());
    assert_eq!(server.query("SELECT x FROM derived"), "42.0");

    server.save("double.py", DOUBLE.replace("* 2", "* 3"));
    eventually("the new code", || {
        let _ = server.tell(&["write", "cpu,host=a usage=21 2"]);
        server.query("SELECT x FROM derived ORDER BY time DESC LIMIT 1") == "63.0"
    });
    let shown = server.tell(&["show", "triggers"]);
    assert!(shown.contains("double") && shown.contains("table:cpu"), "{shown}");
}

#[test]
fn a_data_file_saved_beside_a_plugin_is_read_from_the_next_version_on() {
    let server = Server::start();
    server.save("factor.toml", "factor = 2\n");
    server.save(
        "scale.py",
        DOUBLE.replace("* 2", "* FACTOR")
            + "import tomllib\nFACTOR = tomllib.load(open('factor.toml', 'rb'))['factor']\n",
    );
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["create", "trigger", "--path", "scale.py", "--trigger-spec", "table:cpu", "scale"]);
    let _ = server.tell(&["write", "cpu,host=a usage=21 1"]);
    eventually("a derived row", || server.run(&["query", "SELECT x FROM derived"]).status.success());
    assert_eq!(server.query("SELECT x FROM derived"), "42.0");

    server.save("factor.toml", "factor = 30\n");
    eventually("the new factor", || {
        let _ = server.tell(&["write", "cpu,host=a usage=21 2"]);
        server.query("SELECT x FROM derived ORDER BY time DESC LIMIT 1") == "630.0"
    });
}

#[test]
fn a_version_that_is_no_plugin_is_shown_until_there_is_a_good_one() {
    let server = Server::start();
    server.save("double.py", DOUBLE);
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["create", "trigger", "--path", "double.py", "--trigger-spec", "table:cpu", "double"]);
    let shows = |text: &str| server.tell(&["show", "triggers"]).contains(text);

    server.save("double.py", "def (");
    eventually("the problem", || shows("double runs an earlier version of its plugin: ") && shows("double.py:1:5"));
    server.save("double.py", DOUBLE.replace("* 2", "* 3"));
    eventually("a good version", || !shows("earlier version"));
}

#[tokio::test(flavor = "multi_thread")]
async fn data_is_found_by_its_path_from_the_plugin_directory_as_well() {
    let server = Server::start();
    let code = "
import os
def process_request(local, query, headers, body, args=None):
    return ' '.join(open(f\"{os.environ['PLUGIN_DIR']}/{path}\").read() for path in query['paths'].split())
";
    std::fs::create_dir_all(server.plugins().join("own/folder")).unwrap();
    server.save("own/single.py", code);
    server.save("own/rules.toml", "beside");
    server.save("own/folder/__init__.py", code);
    server.save("own/folder/rules.txt", "within");
    let _ = server.tell(&["create", "database", "db"]);
    for (name, paths, found) in [
        ("single", "rules.toml%20own/rules.toml", "beside beside"),
        ("folder", "rules.txt%20own/folder/rules.txt", "within within"),
    ] {
        let path = if name == "single" { "own/single.py" } else { "own/folder" };
        let spec = format!("request:{name}");
        let _ = server.tell(&["create", "trigger", "--path", path, "--trigger-spec", &spec, name]);
        let url = format!("{}/api/v3/engine/{name}?paths={paths}", server.url);
        assert_eq!(Client::new().get(url).send().await.unwrap().text().await.unwrap(), found);
    }
}

#[test]
fn a_syntax_error_is_told_at_registration_with_line_and_column() {
    let server = Server::start();
    server.save("broken.py", "def process_writes(a, b, c):\n    x = = 1\n");
    let _ = server.tell(&["create", "database", "db"]);
    let output = server.run(&["create", "trigger", "--path", "broken.py", "--trigger-spec", "table:cpu", "broken"]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("broken.py:2:9: SyntaxError: invalid syntax"), "{error}");
}

#[test]
fn a_plugin_outside_the_plugin_directory_is_refused() {
    let server = Server::start();
    let _ = server.tell(&["create", "database", "db"]);
    for path in ["../secret.py", "/etc/passwd"] {
        let output = server.run(&["create", "trigger", "--path", path, "--trigger-spec", "table:cpu", "t"]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("attempts to access files outside the plugin directory"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_go_on_while_a_trigger_loops_and_its_run_names_the_limit() {
    let server = Server::start();
    server.save("spin.py", "def process_writes(local, batches, args=None):\n    local.write(LineBuilder('kept').int64_field('x', 1))\n    while True: pass\n");
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&[
        "create",
        "trigger",
        "--path",
        "spin.py",
        "--trigger-spec",
        "table:cpu",
        "--limit",
        "fuel=1000000000",
        "spin",
    ]);
    let client = Client::new();
    let write = format!("{}/api/v3/write_lp?db=db", server.url);
    for round in 0..20 {
        let begun = Instant::now();
        let response = client.post(&write).body(format!("cpu usage={round}i")).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        assert!(begun.elapsed() < Duration::from_secs(2), "a write took {:?}", begun.elapsed());
    }
    let list = format!("{}/api/v3/configure/processing_engine_trigger?db=db", server.url);
    let error = loop {
        let triggers: Value = client.get(&list).send().await.unwrap().json().await.unwrap();
        if let Some(error) = triggers[0]["last_run"]["error"].as_str() {
            break error.to_owned();
        }
        tokio::task::yield_now().await;
    };
    assert!(error.contains("limit=`fuel` used=`1000000000` allowed=`1000000000`"), "{error}");
    assert_eq!(server.query("SELECT count(*) FROM information_schema.tables WHERE table_name = 'kept'"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_trigger_answers_over_http() {
    let server = Server::start();
    server.save("hello.py", "def process_request(local, query, headers, body, args=None):\n    if 'fail' in query: raise ValueError('no')\n    return {'hello': query.get('name'), 'auth': headers.get('authorization')}, 201\n");
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["create", "trigger", "--path", "hello.py", "--trigger-spec", "request:hello", "hello"]);
    let client = Client::new();
    let engine = format!("{}/api/v3/engine", server.url);
    let response = client.get(format!("{engine}/hello?name=you")).header("authorization", "Bearer secret").send().await;
    let response = response.unwrap();
    assert_eq!(response.status(), StatusCode::CREATED);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.text().await.unwrap(), r#"{"hello": "you", "auth": null}"#);
    let failed = client.get(format!("{engine}/hello?fail=1")).send().await.unwrap();
    assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(failed.text().await.unwrap(), r#"{"error":"Python function call failed: ValueError: no"}"#);
    let missing = client.get(format!("{engine}/nothing")).send().await.unwrap();
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn good_lines_of_a_partial_write_are_kept_and_bad_ones_named() {
    let server = Server::start();
    let client = Client::new();
    let post = |query: &str, body: &'static str| {
        client.post(format!("{}/api/v3/write_lp?{query}", server.url)).body(body).send()
    };
    let response = post("db=db", "m x=1i 1\nm x=\"text\" 2\nnonsense\nm x=3i 3").await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"], "partial write of line protocol occurred");
    assert_eq!((&body["data"][0]["line_number"], &body["data"][1]["line_number"]), (&2.into(), &3.into()));
    let response = post("db=db&accept_partial=false", "m x=4i 4\nnonsense").await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(server.query("SELECT x FROM m ORDER BY time"), "1\n3");
}

#[tokio::test(flavor = "multi_thread")]
async fn query_results_come_in_each_format() {
    let server = Server::start();
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["write", "cpu,host=a usage=0.5 1000000000\ncpu usage=1 2000000000"]);
    let client = Client::new();
    let mut answers = Vec::new();
    for format in ["json", "jsonl", "csv", "pretty"] {
        let query = [("db", "db"), ("q", "SELECT host, usage, time FROM cpu ORDER BY time"), ("format", format)];
        let url = format!("{}/api/v3/query_sql", server.url);
        answers.push(client.get(url).query(&query).send().await.unwrap().text().await.unwrap());
    }
    insta::assert_snapshot!("query_formats", answers.join("\n---\n"));
}

#[test]
fn a_plugin_is_tried_without_a_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("double.py");
    std::fs::write(&file, DOUBLE).unwrap();
    let output = std::process::Command::new(program())
        .args(["test", "wal_plugin", "--lp", "cpu usage=4 7", "--database", "db"])
        .arg(&file)
        .env("TIDEGATE_RUNNER_DIR", testkit::cache_directory().join("guests/runners"))
        .env("TIDEGATE_ARTEFACT_DIR", testkit::cache_directory().join("artefacts"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(report["database_writes"]["db"][0], "derived x=8.0 7", "{report}");
    assert_eq!(report["errors"], Value::Array(Vec::new()));
}

#[test]
fn without_a_server_a_command_says_how_to_start_one() {
    let output = std::process::Command::new(program())
        .args(["query", "--host", "http://127.0.0.1:9", "--database", "db", "SELECT 1"])
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("tidegate serve"), "{error}");
}
