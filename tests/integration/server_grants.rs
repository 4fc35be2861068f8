//! Grants as users of the server meet them.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::{Authority, Server, Target};

const ASK: &str = "
from componentize_py_types import Err
from wit_world.imports import http

def process_request(local, query, headers, body, args=None):
    try:
        answer = http.send(http.Request('GET', args['url'], [], b'', None))
    except Err as error:
        return {'error': type(error.value).__name__, 'why': error.value.value}, 502
    return answer.body
";

fn secrets(directory: &Path, mode: u32) -> String {
    let file = directory.join("secrets");
    std::fs::write(&file, "PAGER_KEY=hunter2-hunter2\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
    file.display().to_string()
}

fn create<'a>(path: &'a str, grants: &[&'a str]) -> Vec<&'a str> {
    let name = path.split('.').next().unwrap();
    let spec = if name == "inner" { "request:inner" } else { "request:outer" };
    let mut line = vec!["create", "trigger", "--path", path, "--trigger-spec", spec];
    grants.iter().for_each(|grant| line.extend(["--grant", *grant]));
    line.push(name);
    line
}

fn error(output: Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_calls_a_request_trigger_of_its_own_server_while_it_runs() {
    let server = Server::start();
    server.save("inner.py", "def process_request(local, query, headers, body, args=None):\n    return 'from inside'\n");
    server.save("outer.py", ASK);
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&create("inner.py", &[]));
    let grant = format!("http=GET {}", server.url);
    let arguments = format!("url={}/api/v3/engine/inner", server.url);
    let mut line = create("outer.py", &[&grant]);
    line.extend(["--trigger-arguments", &arguments]);
    let _ = server.tell(&line);
    let answer = Client::new().get(format!("{}/api/v3/engine/outer", server.url)).send().await.unwrap();
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, "from inside"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_does_not_administer_its_own_server() {
    let server = Server::start();
    server.save("outer.py", ASK);
    let _ = server.tell(&["create", "database", "db"]);
    let grant = format!("http=* {}", server.url);
    let arguments = format!("url={}/api/v3/configure/database?format=json", server.url);
    let mut line = create("outer.py", &[&grant]);
    line.extend(["--trigger-arguments", &arguments]);
    let _ = server.tell(&line);
    let answer = Client::new().get(format!("{}/api/v3/engine/outer", server.url)).send().await.unwrap();
    let answer = answer.text().await.unwrap();
    assert!(answer.contains("a plugin reaches only the request triggers of a server"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn authorities_of_the_operator_are_trusted_and_defaults_are_for_all_triggers() {
    let authority = Authority::new("trusted");
    let target = Target::https(&authority, "127.0.0.1").await;
    let server = Server::start_with(|command, directory| {
        let pem = directory.join("ca.pem");
        std::fs::write(&pem, &authority.pem).unwrap();
        command.arg("--plugin-tls-ca").arg(pem).arg("--default-grant").arg(format!("http=GET {}", target.origin()));
    });
    server.save("outer.py", ASK);
    let _ = server.tell(&["create", "database", "db"]);
    let arguments = format!("url={}/to?elsewhere", target.origin());
    let mut line = create("outer.py", &[]);
    line.extend(["--trigger-arguments", &arguments]);
    let _ = server.tell(&line);
    let answer = Client::new().get(format!("{}/api/v3/engine/outer", server.url)).send().await.unwrap();
    assert_eq!((answer.status(), answer.text().await.unwrap().as_str()), (StatusCode::OK, ""));
    assert_eq!(target.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_and_secrets_reach_the_plugin_and_are_shown_by_name_only() {
    let server = Server::start_with(|command, directory| {
        command.env("TOKEN_OF_TEST", "apiv3_abcdef").arg("--secrets-file").arg(secrets(directory, 0o600));
    });
    server.save("outer.wasm", std::fs::read(testkit::cache_directory().join("guests/evil.wasm")).unwrap());
    let _ = server.tell(&["create", "database", "db"]);
    let mut line = create("outer.wasm", &["env=TOKEN_OF_TEST", "secret=PAGER_KEY"]);
    line.extend(["--trigger-arguments", "evil=leak-environment"]);
    let _ = server.tell(&line);
    let client = Client::new();
    let failed = client.get(format!("{}/api/v3/engine/outer", server.url)).send().await.unwrap();
    let leaked = r#"{"error":"Python function call failed: leaked PAGER_KEY=*** TOKEN_OF_TEST=***"}"#;
    assert_eq!(failed.text().await.unwrap(), leaked, "both, and nothing else of the server's environment");
    let configure = format!("{}/api/v3/configure/processing_engine_trigger", server.url);
    let listed = client.get(&configure).query(&[("db", "db")]).send().await.unwrap().text().await.unwrap();
    let log = client.get(format!("{configure}/log")).query(&[("db", "db"), ("trigger_name", "outer")]);
    let seen = format!("{listed}{}", log.send().await.unwrap().text().await.unwrap());
    assert!(!seen.contains("hunter2") && !seen.contains("apiv3_"), "{seen}");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["grants"]["secrets"], json!(["PAGER_KEY"]));
    let shown = server.tell(&["show", "triggers"]);
    assert!(shown.contains("outer is granted env=TOKEN_OF_TEST, secret=PAGER_KEY"), "{shown}");
}

#[test]
fn what_cannot_be_granted_is_refused_when_the_trigger_is_created() {
    let server = Server::start();
    server.save("outer.py", ASK);
    let _ = server.tell(&["create", "database", "db"]);
    for (grant, says) in [("env=TIDEGATE_NOT_SET", "name=`TIDEGATE_NOT_SET`"), ("secret=PAGER_KEY", "--secrets-file")] {
        let error = error(server.run(&create("outer.py", &[grant])));
        assert!(error.contains(says), "{error}");
    }
    let misspelt = server.run(&create("outer.py", &["http=GET https://api.example.com/v1"]));
    let error = String::from_utf8(misspelt.stderr).unwrap();
    assert!(error.contains("leave the path away: https://api.example.com"), "{error}");
}

#[test]
fn a_server_whose_secrets_others_can_read_does_not_start() {
    let directory = tempfile::tempdir().unwrap();
    let file = secrets(directory.path(), 0o644);
    let output = Command::new(testkit::program())
        .args(["serve", "--node-id", "test", "--http-bind", "127.0.0.1:0", "--without-auth", "--secrets-file", &file])
        .arg("--data-dir")
        .arg(directory.path())
        .output()
        .unwrap();
    assert!(error(output).contains(&format!("chmod 600 '{file}'")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_tried_with_grants() {
    let target = Target::http().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("outer.py");
    std::fs::write(&file, ASK).unwrap();
    let output = Command::new(testkit::program())
        .args(["test", "request_plugin", "--input-arguments", &format!("url={}/to?x", target.origin())])
        .args(["--grant", &format!("http=GET {}", target.origin())])
        .arg(&file)
        .env("TIDEGATE_RUNNER_DIR", testkit::cache_directory().join("guests/runners"))
        .env("TIDEGATE_ARTEFACT_DIR", testkit::cache_directory().join("artefacts"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!((&report["response"]["status"], target.requests().len()), (&200.into(), 1), "{report}");
}
