//! Triggers as clients create them: specs, settings, what is refused, hot replacement.

use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use testkit::{Server, Start};
use tidegate::{ErrorBehavior, TriggerState};
use tokio::time::Instant;

const ALL: &str = "
def process_writes(local, batches, args=None): local.info('one')
def process_scheduled_call(local, call_time, args=None): pass
def process_request(local, query, headers, body, args=None): return 'one'
";

struct Triggers {
    server: Server,
    client: Client,
}

impl Triggers {
    fn start() -> Self {
        let server = Server::start();
        server.save("all.py", ALL);
        let _ = server.tell(&["create", "database", "db"]);
        Self { server, client: Client::new() }
    }

    async fn create(&self, name: &str, spec: &str, settings: Value) -> (StatusCode, String) {
        let definition = json!({
            "db": "db", "trigger_name": name, "plugin_filename": "all.py",
            "trigger_specification": spec, "trigger_settings": settings, "disabled": false,
        });
        let url = format!("{}/api/v3/configure/processing_engine_trigger", self.server.url);
        let response = self.client.post(url).json(&definition).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    async fn shown(&self) -> Vec<Value> {
        let url = format!("{}/api/v3/configure/processing_engine_trigger?db=db", self.server.url);
        self.client.get(url).send().await.unwrap().json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn specs_are_taken_and_shown_in_their_canonical_form() {
    let triggers = Triggers::start();
    let specs = [
        ("table:cpu", "table:cpu"),
        (" table: cpu ", "table:cpu"),
        ("table:table:cpu", "table:cpu"),
        ("all_tables", "all_tables"),
        ("every:90s", "every:1m 30s"),
        ("every:1h 30min", "every:1h 30m"),
        ("cron:0 */5 * * * *", "cron:0 */5 * * * *"),
        ("cron:0 0 0 1 1 * 2030", "cron:0 0 0 1 1 * 2030"),
        ("cron:@hourly", "cron:@hourly"),
        ("request:a/b c", "request:a/b c"),
    ];
    for (number, (spec, _)) in specs.iter().enumerate() {
        let (status, body) = triggers.create(&format!("t{number}"), spec, json!({})).await;
        assert_eq!(status, StatusCode::OK, "{spec}: {body}");
    }
    let shown = triggers.shown().await;
    for (number, (spec, canonical)) in specs.iter().enumerate() {
        let name = format!("t{number}");
        let shown = shown.iter().find(|trigger| trigger["trigger_name"] == name.as_str()).unwrap();
        assert_eq!(shown["trigger_specification"], *canonical, "{spec}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_specs_and_taken_paths_are_refused_with_a_reason() {
    let triggers = Triggers::start();
    for (spec, reason) in [
        ("every:500us", "don't support every schedules of under 1 millisecond"),
        ("every:0s", "don't support every schedules of under 1 millisecond"),
        ("every:2years", "don't support every schedules of over 1 year"),
        ("every:soon", "couldn't parse to duration"),
        ("cron:*/5 * * * *", "the seconds are missing, write 'cron:0 */5 * * * *'"),
        ("table:", "failed to parse trigger from table:: table name is empty"),
        ("request:", "failed to parse trigger from request:"),
        (
            "on_write",
            "expect one of the following forms: 'table:<TABLE_NAME>', 'all_tables', 'cron:<CRON_EXPRESSION>', 'every:<DURATION>', or 'request:<PATH>'",
        ),
    ] {
        let (status, body) = triggers.create("bad", spec, json!({})).await;
        assert!(status == StatusCode::BAD_REQUEST && body.contains(reason), "{spec}: {status} {body}");
    }
    assert_eq!(triggers.create("first", "request:taken", json!({})).await.0, StatusCode::OK);
    let (status, body) = triggers.create("second", "request:taken", json!({})).await;
    assert!(status == StatusCode::CONFLICT && body.contains("another trigger serves this path"), "{status} {body}");
    let (status, body) = triggers.create("first", "all_tables", json!({})).await;
    assert!(status == StatusCode::CONFLICT && body.contains("already exists"), "{status} {body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_taken_in_both_spellings_and_shown() {
    let triggers = Triggers::start();
    for (name, settings) in [
        (
            "lower",
            json!({"run_async": true, "error_behavior": "retry", "retries": 9, "catch_up": "all", "instance": "warm"}),
        ),
        ("upper", json!({"run_async": false, "error_behavior": "Disable"})),
    ] {
        assert_eq!(triggers.create(name, "every:1h", settings).await.0, StatusCode::OK);
    }
    let shown: Vec<_> = triggers.shown().await.iter().map(|trigger| trigger["trigger_settings"].clone()).collect();
    let lower =
        json!({"run_async": true, "error_behavior": "retry", "retries": 9, "catch_up": "all", "instance": "warm"});
    let upper =
        json!({"run_async": false, "error_behavior": "disable", "retries": 5, "catch_up": "one", "instance": "auto"});
    assert_eq!(shown, [lower, upper]);
    let (status, body) = triggers.create("bad", "every:1h", json!({"error_behavior": "ignore"})).await;
    assert!(status.is_client_error() && body.contains("unknown variant"), "{body}");
    let created = triggers.server.run(&[
        "create",
        "trigger",
        "--path",
        "all.py",
        "--trigger-spec",
        "every:1h",
        "--catch-up",
        "skip",
        "--retries",
        "2",
        "cli",
    ]);
    assert!(created.status.success());
    assert_eq!(triggers.shown().await[0]["trigger_settings"]["catch_up"], "skip");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_or_folder_that_changes_is_used_without_a_restart() {
    let triggers = Triggers::start();
    let folder = triggers.server.plugins().join("folder");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("__init__.py"), "from .answer import process_request\n").unwrap();
    let answer = |text: &str| {
        let code = format!("def process_request(local, query, headers, body, args=None): return '{text}'\n");
        std::fs::write(folder.join("answer.py"), code).unwrap();
    };
    answer("one");
    let _ =
        triggers.server.tell(&["create", "trigger", "--path", "folder", "--trigger-spec", "request:folder", "folder"]);
    let _ = triggers.server.tell(&["create", "trigger", "--path", "all.py", "--trigger-spec", "request:file", "file"]);
    answer("two");
    triggers.server.save("all.py", ALL.replace("'one'", "'two'"));
    for path in ["folder", "file"] {
        let (url, begun) = (format!("{}/api/v3/engine/{path}", triggers.server.url), Instant::now());
        while triggers.client.get(&url).send().await.unwrap().text().await.unwrap() != "two" {
            assert!(begun.elapsed() < Duration::from_secs(30), "the new {path} is not used");
        }
    }
}

const FAILS: &str = "
import tidegate
def process_writes(local, table_batches, args=None):
    raise RuntimeError(f\"try {tidegate.increment('tries')}\")
";

#[tokio::test(flavor = "multi_thread")]
async fn retries_end_after_as_many_as_the_trigger_says() {
    let start = Start::python("table:t", FAILS).on_error(ErrorBehavior::Retry).retries(1);
    let mut harness = start.start().await;
    harness.run("t x=1i 1").await;
    harness.settle().await;
    harness.advance(Duration::from_secs(1)).await;
    harness.next_run().await;
    while harness.status().dead_letters == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!((harness.status().runs, harness.status().state), (2, TriggerState::Enabled));
    let letters = harness.runtime.dead_letters(harness.trigger()).unwrap();
    assert_eq!(letters[0].error, "RuntimeError: try 2");
}

#[tokio::test(flavor = "multi_thread")]
async fn error_behaviors_do_not_touch_requests() {
    for behavior in [ErrorBehavior::Retry, ErrorBehavior::Disable] {
        let code = "def process_request(local, query, headers, body, args=None): raise ValueError('no')";
        let mut harness = Start::python("request:fails", code).on_error(behavior).start().await;
        for _ in 0..2 {
            let outcome = harness.request("fails", tidegate::Request::default()).await;
            assert_eq!(outcome.error().as_deref(), Some("ValueError: no"));
        }
        assert_eq!((harness.status().runs, harness.status().state), (2, TriggerState::Enabled), "{behavior:?}");
        assert!(harness.log().contains("ERROR: error running request plugin: ValueError: no"), "{}", harness.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_the_database_refuses_disable_a_trigger_that_says_so() {
    let code = "def process_writes(local, batches, args=None): local.write(LineBuilder('t').string_field('x', 'text'))";
    let mut harness = Start::python("table:t", code).on_error(ErrorBehavior::Disable).start().await;
    harness.run("t x=1i 1").await;
    while harness.status().state == TriggerState::Enabled {
        tokio::task::yield_now().await;
    }
    let TriggerState::Failed(reason) = harness.status().state else { panic!("{:?}", harness.status().state) };
    assert!(reason.starts_with("error writing back lines to db: Cannot write: "), "{reason}");
}
