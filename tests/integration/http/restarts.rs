//! What is still there after the server was killed.

use serde_json::json;

use super::{Api, TRIGGER, definition, json};
use crate::server::eventually;

const HELLO: &str =
    "def process_request(local, query, headers, body, args=None):\n    return (args or {}).get('who', 'hello')\n";
const FAIL: &str = "def process_scheduled_call(local, time, args=None):\n    raise ValueError('broken')\n";

#[tokio::test(flavor = "multi_thread")]
async fn triggers_are_started_at_boot_as_they_were() {
    let mut api = Api::start();
    api.trigger("hello", "request:hello", HELLO).await;
    let mut off = definition("off", "hello.py", "request:off");
    off["disabled"] = json!(true);
    off["trigger_arguments"] = json!({"who": "you"});
    assert_eq!(api.post(TRIGGER, off).await.0, 200);
    let table =
        json!({"db": "made", "table": "cpu", "tags": ["host"], "fields": [{"name": "usage", "type": "float64"}]});
    assert_eq!(api.post("/api/v3/configure/database", json!({"db": "made"})).await.0, 200);
    assert_eq!(api.post("/api/v3/configure/table", table).await.0, 200);
    assert_eq!(api.put("/api/v3/configure/database", json!({"db": "made", "retention_period": "2d"})).await.0, 200);

    api.server.restart();

    assert_eq!(api.get("/api/v3/engine/hello").await, (200, "hello".to_owned()));
    assert_eq!(api.get("/api/v3/engine/off").await.0, 404);
    assert_eq!(
        api.request(reqwest::Method::POST, &format!("{TRIGGER}/enable?db=db&trigger_name=off"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    assert_eq!(api.get("/api/v3/engine/off").await, (200, "you".to_owned()));
    assert_eq!(
        api.sql("made", "SELECT column_name FROM information_schema.columns WHERE table_name = 'cpu'").await,
        "host\ntime\nusage"
    );
    assert_eq!(
        api.sql("_internal", "SELECT retention_period_ns FROM system.databases WHERE database_name = 'made'").await,
        "172800000000000"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_whose_plugin_is_gone_waits_and_keeps_nobody_from_starting() {
    let mut api = Api::start();
    api.trigger("hello", "request:hello", HELLO).await;
    api.trigger("other", "request:other", HELLO).await;
    std::fs::remove_file(api.server.plugins().join("hello.py")).unwrap();

    api.server.restart();

    assert_eq!(api.get("/api/v3/engine/other").await.0, 200);
    let (_, shown) = api.get(&format!("{TRIGGER}?db=db&trigger_name=hello")).await;
    let shown = json(&shown);
    assert_eq!(shown["state"], "failed");
    assert!(shown["reason"].as_str().unwrap().contains("Plugin not found: "), "{shown}");
    api.server.save("hello.py", HELLO);
    let url = format!("{}/api/v3/engine/hello", api.server.url);
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        eventually("the trigger", || runtime.block_on(reqwest::get(&url)).unwrap().status() == 200);
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_trigger_stays_known_whatever_is_tried_with_it() {
    let mut api = Api::start();
    api.trigger("a", "request:a", HELLO).await;
    api.trigger("b", "request:b", HELLO).await;
    std::fs::remove_file(api.server.plugins().join("b.py")).unwrap();
    api.server.restart();

    let taken =
        json!({"db": "db", "trigger_name": "b", "plugin_filename": "a.py", "trigger_specification": "request:a"});
    assert_eq!(api.put(TRIGGER, taken).await.0, 409);
    assert_eq!(json(&api.get(&format!("{TRIGGER}?db=db&trigger_name=b")).await.1)["state"], "failed");
    let free = json!({"db": "db", "trigger_name": "b", "plugin_filename": "a.py"});
    assert_eq!(api.put(TRIGGER, free).await.0, 200);
    assert_eq!(api.get("/api/v3/engine/b").await, (200, "hello".to_owned()));
    assert_eq!(api.delete(&format!("{TRIGGER}?db=db&trigger_name=b&force=true")).await.0, 200);
    assert_eq!(api.post(TRIGGER, definition("b", "a.py", "request:b")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_that_disabled_itself_stays_disabled_with_its_reason() {
    let mut api = Api::start();
    api.server.save("fail.py", FAIL);
    api.post("/api/v3/configure/database", json!({"db": "db"})).await;
    let mut fails = definition("fails", "fail.py", "every:100ms");
    fails["trigger_settings"]["error_behavior"] = json!("disable");
    assert_eq!(api.post(TRIGGER, fails).await.0, 200);
    let show = format!("{TRIGGER}?db=db&trigger_name=fails");
    // What the catalog says is what a restart finds.
    let catalog = api.server.data().join("catalog.json");
    tokio::task::spawn_blocking(move || {
        eventually("its end", || std::fs::read_to_string(&catalog).unwrap().contains("ValueError: broken"));
    })
    .await
    .unwrap();

    api.server.restart();

    let shown = json(&api.get(&show).await.1);
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("disabled"), &json!("ValueError: broken")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_directory_has_one_server() {
    let api = Api::start();
    let second = std::process::Command::new(testkit::program())
        .args(["serve", "--node-id", "second", "--http-bind", "127.0.0.1:0", "--without-auth", "--data-dir"])
        .arg(api.server.data())
        .output()
        .unwrap();
    let error = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(error.contains("another server uses the data directory"), "{error}");
}
