//! The command line as scripts written for InfluxDB 3 use it: what it sends,
//! what it prints, and with which code it ends.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use testkit::{Authority, Server, Target, program};

use super::server::eventually;

/// Runs `tidegate` without a server.
fn run(arguments: &[&str]) -> Output {
    Command::new(program()).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The body that `arguments` send to a server that answers with it.
fn sent(target: &Target, arguments: &[&str]) -> Value {
    let echo = format!("{}/ok?", target.origin());
    let output = run(&[arguments, &["--host", &echo]].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"))
}

const GREET: &str = "
def process_scheduled_call(influxdb3_local, call_time, args=None):
    influxdb3_local.info('hello ' + (args or {}).get('name', 'you'))
";

fn save(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
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

#[test]
fn tokens_are_made_used_and_deleted() {
    let server = Server::start_guarded();
    let first: Value = serde_json::from_str(&server.tell(&["create", "token", "--admin", "--format", "json"])).unwrap();
    let token = first["token"].as_str().unwrap();
    let refused = server.run(&["show", "tokens"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(error(&refused).contains("give a token with --token or INFLUXDB3_AUTH_TOKEN"), "{refused:?}");

    let create = ["create", "token", "--admin", "--name", "deploy", "--expiry", "10d", "--token", token];
    let told = server.tell(&create);
    assert!(told.starts_with("New token created successfully!\n"), "{told}");
    let second = told.lines().find_map(|line| line.strip_prefix("Token: ")).unwrap();
    assert!(server.tell(&["show", "tokens", "--format", "csv", "--token", second]).contains(",deploy,"));
    let _ = server.tell(&["delete", "token", "--token-name", "deploy", "--token", token]);
    assert!(!server.run(&["show", "tokens", "--token", second]).status.success());
    let _ = server.tell(&["create", "token", "--admin", "--regenerate", "--token", token]);
    assert!(!server.run(&["show", "tokens", "--token", token]).status.success());
}

#[test]
fn a_file_of_any_size_is_written_in_requests_that_end_between_lines() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readings.lp");
    let lines: String =
        (0..2_000).map(|n| format!("cpu,host=h{} text=\"first\nsecond, x=\\\"{n}\\\"\" {n}\n", n % 3)).collect();
    fs::write(&file, &lines).unwrap();
    let path = file.to_str().unwrap();
    for gzip in [&[][..], &["--gzip"]] {
        let written = server.run(&[&["write", "-p", "ns", "--max-request-size", "1KiB", "-f", path], gzip].concat());
        assert!(written.status.success(), "{written:?}");
        assert_eq!(error(&written), "", "progress is for terminals");
    }
    assert_eq!(server.query("SELECT count(*) FROM cpu WHERE text LIKE 'first%second, x=%'"), "2000");
}

#[test]
fn bad_lines_are_numbered_within_the_whole_file() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("readings.lp");
    let mut lines: Vec<_> = (0..1_000).map(|n| format!("cpu x={n} {n}")).collect();
    lines[776] = "cpu nonsense".to_owned();
    fs::write(&file, lines.join("\n")).unwrap();
    let path = file.to_str().unwrap();

    let write = ["write", "-p", "ns", "--max-request-size", "512", "-f", path];
    let output = server.run(&[&write[..], &["--max-concurrent-requests", "1"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("line 777: "), "{output:?}");
    assert!(error(&output).contains("lines in other requests are written"), "{output:?}");

    let output = server.run(&[&write[..], &["--accept-partial"]].concat());
    assert_eq!(output.status.code(), Some(1));
    assert!(error(&output).contains("line 777: "), "{output:?}");
    assert_eq!(server.query("SELECT count(*) FROM cpu"), "999");
}

#[test]
fn rows_go_where_and_how_they_are_wanted() {
    let server = Server::start();
    let _ = server.tell(&["write", "cpu,host=a usage=1 1\ncpu,host=b usage=2 2"]);
    let select = "SELECT host, usage FROM cpu WHERE host = $host";
    assert_eq!(server.tell(&["q", "--format", "csv", "--param", "host=b", select]), "host,usage\nb,2.0\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.json");
    let shown =
        server.tell(&["q", "--format", "json", "-o", file.to_str().unwrap(), "SELECT usage FROM cpu ORDER BY usage"]);
    assert_eq!(
        (shown.as_str(), fs::read_to_string(&file).unwrap().as_str()),
        ("", "[{\"usage\":1.0},{\"usage\":2.0}]\n")
    );
    let elsewhere = server.run(&["q", "--query-host", "http://127.0.0.1:9", "SELECT 1"]);
    assert!(error(&elsewhere).contains("http://127.0.0.1:9"), "{elsewhere:?}");
}

#[test]
fn an_error_behavior_is_known_in_any_case() {
    let server = Server::start();
    server.save("greet.py", GREET);
    let _ = server.tell(&["create", "database", "db"]);
    for (name, behavior) in [("a", "Disable"), ("b", "RETRY")] {
        let create = ["create", "trigger", "--path", "greet.py", "--trigger-spec", "every:1d", "--error-behavior"];
        let _ = server.tell(&[&create[..], &[behavior, "--run-asynchronous", name]].concat());
    }
    let shown: Value = serde_json::from_str(&server.tell(&["show", "triggers", "--format", "json"])).unwrap();
    let behaviors: Vec<_> =
        shown.as_array().unwrap().iter().map(|one| &one["trigger_settings"]["error_behavior"]).collect();
    assert_eq!(behaviors, ["disable", "retry"]);
    assert_eq!(shown[0]["trigger_settings"]["run_async"], true);
}

#[test]
fn a_plugin_is_uploaded_run_and_replaced() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let (file, plugin) = (folder.path().join("greet.py"), folder.path().join("many"));
    save(&file, GREET);
    save(&plugin.join("__init__.py"), "from .words import process_scheduled_call\n");
    save(&plugin.join("words.py"), GREET);
    save(&plugin.join("data.json"), "{}");
    let _ = server.tell(&["create", "database", "db"]);
    for (name, path) in [("one", &file), ("many", &plugin)] {
        let path = path.to_str().unwrap();
        let _ = server.tell(&["create", "trigger", "--path", path, "--upload", "--trigger-spec", "every:1d", name]);
        let ran = server.tell(&["run", "trigger", name]);
        assert!(ran.starts_with("ending: succeeded") && ran.contains("hello you"), "{ran}");
    }
    assert!(!server.plugins().join("many/data.json").exists(), "only code is uploaded");

    save(&file, &GREET.replace("hello", "good bye"));
    let updated = server.tell(&["update", "trigger", "-t", "one", "-p", file.to_str().unwrap()]);
    assert_eq!(updated.trim(), "Trigger 'one' updated successfully");
    assert!(server.tell(&["run", "trigger", "one"]).contains("good bye you"));

    save(&plugin.join("words.py"), "def process_scheduled_call(local, time, args=None):\n    raise ValueError('no')\n");
    let updated = server.tell(&["update", "trigger", "-t", "many", "-p", plugin.to_str().unwrap()]);
    assert_eq!(updated.trim(), "Trigger 'many' updated successfully (atomic directory replacement)");
    let failed = server.run(&["run", "trigger", "many"]);
    let told = String::from_utf8_lossy(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1));
    assert!(told.contains("ValueError: no") && told.contains("line 2") && told.contains("fuel"), "{told}");
}

#[test]
fn a_definition_is_changed_in_place() {
    let server = Server::start();
    server.save("greet.py", GREET);
    let _ = server.tell(&["create", "database", "db"]);
    let create = ["create", "trigger", "--path", "greet.py", "--trigger-spec", "every:1d", "--retries", "7"];
    let _ = server.tell(&[&create[..], &["--limit", "fuel=400000000", "greet"]].concat());
    let update = ["update", "trigger", "-t", "greet", "--trigger-spec", "every:2d", "--trigger-arguments", "name=me"];
    let _ = server.tell(&[&update[..], &["--error-behavior", "retry", "--clear", "limits"]].concat());

    let shown: Value = serde_json::from_str(&server.tell(&["show", "trigger", "--format", "json", "greet"])).unwrap();
    let trigger = &shown["trigger"];
    assert_eq!(trigger["trigger_specification"], "every:2days");
    assert_eq!((&trigger["trigger_arguments"], &trigger["limits"]), (&json!({"name": "me"}), &json!({})));
    let settings = &trigger["trigger_settings"];
    assert_eq!((&settings["error_behavior"], &settings["retries"]), (&json!("retry"), &json!(7)));
    assert!(server.tell(&["run", "trigger", "greet"]).contains("hello me"));
    let told = server.tell(&["show", "trigger", "greet"]);
    assert!(told.starts_with("name: greet\n") && told.contains("succeeded"), "{told}");
}

#[test]
fn a_plugin_is_tried_on_the_server() {
    let server = Server::start();
    server.save("greet.py", GREET);
    let _ = server.tell(&["create", "database", "db"]);
    let tried = server.tell(&["test", "schedule_plugin", "--input-arguments", "name=me", "greet.py"]);
    let report: Value = serde_json::from_str(&tried).unwrap();
    assert!(report["log_lines"].to_string().contains("hello me"), "{report}");
    let output = server.run(&["test", "schedule_plugin", "--lp", "cpu x=1", "greet.py"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn databases_and_tables_are_made_changed_and_deleted() {
    let server = Server::start();
    let _ = server.tell(&["create", "database", "--retention-period", "30d", "db"]);
    let retention = || server.tell(&["show", "retention", "--database", "db", "--format", "csv"]);
    assert!(retention().ends_with("db,2592000000000000\n"), "{}", retention());
    let updated = server.tell(&["update", "database", "-d", "db", "-r", "none"]);
    assert_eq!(updated.trim(), "Database \"db\" updated successfully");
    assert!(retention().ends_with("db,\n"), "{}", retention());

    let created = server.tell(&["create", "table", "--tags", "host", "--fields", "usage:float64,state:utf8", "cpu"]);
    assert_eq!(created.trim(), "Table \"db\".\"cpu\" created successfully");
    assert_eq!(server.query("SELECT count(*) FROM cpu"), "0");
    let deleted = server.tell(&["delete", "table", "--hard-delete", "now", "cpu"]);
    assert_eq!(deleted.trim(), "Table \"db\".\"cpu\" deleted successfully");
    let _ = server.tell(&["delete", "database", "--hard-delete", "now", "-y", "db"]);
    let listed = server.tell(&["show", "databases", "--show-deleted", "--format", "csv"]);
    assert!(!listed.lines().any(|line| line.starts_with("db")), "{listed}");
}

#[test]
fn the_server_shows_what_it_knows_of_itself() {
    let server = Server::start();
    server.save("greet.py", GREET);
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["create", "trigger", "--path", "greet.py", "--trigger-spec", "every:1d", "greet"]);
    assert!(server.tell(&["show", "plugins"]).contains("greet.py"));
    let tables = server.tell(&["show", "system", "table-list", "--format", "csv"]);
    assert!(tables.lines().any(|name| name == "processing_engine_triggers"), "{tables}");
    let select = ["show", "system", "table", "-l", "1", "-s", "trigger_name,plugin_filename", "--format", "csv"];
    let rows = server.tell(&[&select[..], &["-o", "trigger_name", "processing_engine_triggers"]].concat());
    assert_eq!(rows, "trigger_name,plugin_filename\ngreet,greet.py\n");
    let summary = server.tell(&["show", "system", "summary", "-l", "1"]);
    assert!(summary.contains("processing_engine_triggers:\n") && summary.contains("greet"), "{summary}");
}

#[test]
fn rows_come_as_parquet() {
    let server = Server::start();
    let _ = server.tell(&["write", "cpu usage=1 1"]);
    let piped = server.run(&["query", "--format", "parquet", "SELECT usage FROM cpu"]);
    assert!(piped.status.success(), "{piped:?}");
    assert!(piped.stdout.starts_with(b"PAR1") && piped.stdout.ends_with(b"PAR1"));
}

#[test]
fn a_trigger_that_was_disabled_by_its_errors_is_told_as_such() {
    let server = Server::start();
    server.save("fail.py", "def process_writes(local, batches, args=None):\n    raise ValueError('no')\n");
    let _ = server.tell(&["create", "database", "db"]);
    let create = ["create", "trigger", "--path", "fail.py", "--trigger-spec", "all_tables", "--error-behavior"];
    let _ = server.tell(&[&create[..], &["disable", "fail"]].concat());
    let _ = server.tell(&["write", "cpu usage=1"]);
    eventually("the trigger's end", || server.tell(&["show", "triggers"]).contains("fail: "));
    let shown = server.tell(&["show", "trigger", "fail"]);
    assert!(shown.contains("state: ") && shown.contains("ValueError: no"), "{shown}");
}
