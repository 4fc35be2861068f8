//! What the command line sends, which mistakes it finds, and with which code it
//! ends.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use testkit::{Authority, Target, program};

/// Runs `tidegate` without a server.
fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

pub(super) fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The body that `arguments` send to a server that answers with it.
fn sent(target: &Target, arguments: &[&str]) -> Value {
    let echo = format!("{}/ok?", target.origin());
    let output = run(&[arguments, &["--host", &echo]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"))
}

#[test]
fn alone_it_shows_its_commands() {
    let output = run(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(error(&output).contains("Usage: tidegate <COMMAND>"), "{}", error(&output));
}

#[test]
fn what_is_misused_ends_with_2_and_what_is_refused_with_1() {
    for (code, arguments, says) in [
        (2, &["create", "trigger", "-d", "db", "--trigger-spec", "all_tables", "t"][..], "Either --path or"),
        (2, &["test", "wal_plugin", "a.py"], "either --lp or --file must be provided"),
        (2, &["update", "trigger", "-d", "db", "-t", "t"], "nothing to do"),
        (2, &["create", "token", "--admin", "--expiry", "1d"], "--name"),
        (1, &["update", "trigger", "-d", "db", "-t", "t", "-p", "none.py"], "Path does not exist: none.py"),
        (
            1,
            &["create", "trigger", "-d", "db", "--trigger-spec", "all_tables", "--upload", "--path", "none.py", "t"],
            "File not found: none.py",
        ),
        (1, &["query", "-d", "db", "-l", "influxql", "SHOW TABLES"], "InfluxQL is not supported"),
        (1, &["install", "package", "--requirements", "r.txt", "pandas"], "tidegate package"),
        (1, &["create", "last_cache", "-d", "db", "-t", "cpu", "c"], "SELECT DISTINCT"),
        (1, &["delete", "distinct_cache", "-d", "db", "c"], "SELECT DISTINCT"),
        (1, &["write", "-d", "db", "# nothing"], "incoming write was empty"),
    ] {
        let output = run(arguments);
        assert_eq!((output.status.code(), error(&output).contains(says)), (Some(code), true), "{output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn https_needs_an_authority_that_is_trusted() {
    let authority = Authority::new("Tests");
    let target = Target::https(&authority, "127.0.0.1").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    fs::write(&file, &authority.pem).unwrap();
    let ask = |more: &[&str]| {
        let host = format!("{}/ok?", target.origin());
        run(&[&["delete", "token", "--token-name", "n", "--token", "secret", "--host", &host], more].concat())
    };

    let refused = ask(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(error(&refused).contains("--tls-ca"), "{refused:?}");
    assert_eq!(target.requests(), Vec::<String>::new());

    for trusted in [ask(&["--tls-ca", file.to_str().unwrap()]), ask(&["--tls-no-verify"])] {
        assert!(trusted.status.success(), "{trusted:?}");
    }
    let requests = target.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests.iter().all(|head| head.contains("authorization: Bearer secret")), "{requests:?}");
}

#[test]
fn no_message_shows_the_token() {
    let mut command = Command::new(program());
    command.args(["show", "tokens", "--host", "http://127.0.0.1:9"]).env("INFLUXDB3_AUTH_TOKEN", "hush\nhush");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!error(&output).contains("hush"), "{output:?}");
    let help = command.arg("--help").output().unwrap();
    assert!(help.status.success() && !String::from_utf8_lossy(&help.stdout).contains("hush"), "{help:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_sent_what_the_incumbent_sends() {
    let target = Target::http().await;
    let folder = tempfile::tempdir().unwrap();
    let lines = folder.path().join("lines.lp");
    fs::write(&lines, "cpu usage=1").unwrap();
    assert_eq!(
        sent(&target, &["query", "-d", "db", "--format", "csv", "--param", "host=a", "SELECT $host"]),
        json!({"db": "db", "q": "SELECT $host", "format": "csv", "params": {"host": "a"}})
    );
    assert_eq!(
        sent(
            &target,
            &[
                "test",
                "wal_plugin",
                "-d",
                "db",
                "--file",
                lines.to_str().unwrap(),
                "--input-arguments",
                "a=b,c=d",
                "a.py"
            ]
        ),
        json!({"filename": "a.py", "database": "db", "input_lp": "cpu usage=1", "input_arguments": {"a": "b", "c": "d"}})
    );
    assert_eq!(
        sent(
            &target,
            &["test", "schedule_plugin", "-d", "db", "--schedule", "0 0 * * * *", "--cache-name", "c", "a.py"]
        ),
        json!({"filename": "a.py", "database": "db", "schedule": "0 0 * * * *", "cache_name": "c"})
    );
    assert_eq!(
        sent(
            &target,
            &[
                "test",
                "request_plugin",
                "-d",
                "db",
                "--method",
                "POST",
                "--query",
                "a=b",
                "--body",
                "x",
                "--limit",
                "fuel=5",
                "--grant",
                "secret=KEY",
                "a.py"
            ]
        ),
        json!({"filename": "a.py", "database": "db", "method": "POST", "query": {"a": "b"}, "headers": {}, "body": "x",
            "limits": {"fuel": 5}, "grants": {"http": [], "env": [], "secrets": ["KEY"], "read_databases": null, "write_databases": null}})
    );
    assert_eq!(
        sent(&target, &["create", "token", "--admin", "--name", "n", "--expiry", "1d", "--format", "json"]),
        json!({"token_name": "n", "expiry_secs": 86_400})
    );
    let requests = target.requests();
    let routes: Vec<_> = requests.iter().map(|head| head.split([' ', '?']).nth(2).unwrap()).collect();
    let test = |event| format!("/api/v3/plugin_test/{event}");
    let expected = [
        "/api/v3/query_sql".to_owned(),
        test("wal"),
        test("schedule"),
        test("request"),
        "/api/v3/configure/token/named_admin".to_owned(),
    ];
    assert_eq!(routes, expected);
}

#[test]
fn an_offline_token_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token.json");
    let make = || run(&["create", "token", "--admin", "--offline", "--output-file", file.to_str().unwrap()]);
    let output = make();
    assert!(output.status.success(), "{output:?}");
    let made: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("apiv3_") && token.len() > 80, "{made}");
    assert!(!String::from_utf8_lossy(&output.stdout).contains(token));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(make().status.code(), Some(1), "an earlier token is not overwritten");
}
