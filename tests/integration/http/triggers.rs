//! Triggers: created, shown, changed, run, deleted.

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Server;

use super::{Answer, Api, TRIGGER, answer, definition, json};

const COUNT: &str = "
def process_writes(local, batches, args=None):
    for batch in batches:
        for row in batch['rows']:
            local.write(LineBuilder((args or {}).get('to', 'derived')).int64_field('x', row['x']).time_ns(row['time']))
def process_scheduled_call(local, time, args=None):
    local.info('at', time)
    local.write(LineBuilder('ticks').int64_field('x', 1))
def process_request(local, query, headers, body, args=None):
    return (args or {}).get('say', 'hello')
";

async fn post(api: &Api, verb: &str, name: &str) -> Answer {
    answer(api.request(Method::POST, &format!("{TRIGGER}/{verb}?db=db&trigger_name={name}"))).await
}

async fn shown(api: &Api, name: &str) -> Value {
    json(&api.get(&format!("{TRIGGER}?db=db&trigger_name={name}")).await.1)
}

#[tokio::test(flavor = "multi_thread")]
async fn enabling_and_disabling_say_yes_also_when_nothing_changes() {
    let api = Api::start();
    api.trigger("t", "request:t", COUNT).await;
    for (verb, status) in [("enable", 200), ("disable", 404), ("disable", 404), ("enable", 200)] {
        assert_eq!(post(&api, verb, "t").await, (200, String::new()), "{verb}");
        assert_eq!(api.get("/api/v3/engine/t").await.0, status, "{verb}");
    }
    for verb in ["enable", "disable", "run"] {
        assert_eq!(post(&api, verb, "none").await.0, 404);
    }
    assert_eq!(api.delete(&format!("{TRIGGER}?db=db&trigger_name=t")).await.0, 409);
    assert_eq!(api.delete(&format!("{TRIGGER}?db=db&trigger_name=t&force=true")).await.0, 200);
    assert_eq!(api.get(&format!("{TRIGGER}?db=db&trigger_name=t")).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_wants_the_rows_of_its_table_only() {
    let api = Api::start();
    api.trigger("t", "table:wanted", COUNT).await;
    api.write("other x=1i 1\nwanted x=2i 2").await;
    api.write("other x=3i 3\nwanted x=4i 4").await;
    api.soon("db", "SELECT x FROM derived ORDER BY time", "2\n4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_is_changed_in_place_and_goes_on_from_where_it_was() {
    let api = Api::start();
    api.trigger("t", "table:m", COUNT).await;
    api.write("m x=1i 1").await;
    api.soon("db", "SELECT x FROM derived", "1").await;
    assert_eq!(post(&api, "disable", "t").await.0, 200);
    api.write("m x=2i 2").await;
    let change = json!({"db": "db", "trigger_name": "t", "trigger_arguments": {"to": "changed"}, "limits": {"fuel": 4_000_000_000_u64},
        "trigger_settings": {"error_behavior": "retry"}});
    assert_eq!(api.put(TRIGGER, change).await, (200, String::new()));
    assert_eq!(shown(&api, "t").await["state"], "disabled");
    assert_eq!(post(&api, "enable", "t").await.0, 200);
    // The row that was written while it was disabled, with the new argument; and not the first one again.
    api.soon("db", "SELECT x FROM changed", "2").await;
    let after = shown(&api, "t").await;
    assert_eq!(
        (&after["limits"]["fuel"], &after["trigger_settings"]["error_behavior"]),
        (&json!(4_000_000_000_u64), &json!("retry"))
    );
    assert!(after["runs"].as_u64() >= Some(2), "{after}");

    for (change, status, says) in [
        (json!({"plugin_filename": "none.py"}), 400, "Plugin not found"),
        (json!({"trigger_specification": "sometimes"}), 400, "failed to parse trigger from sometimes"),
        (json!({"limits": {"time": 1}}), 400, "known=`fuel"),
        (json!({"owner": "me"}), 400, "field=`owner`"),
    ] {
        let mut body = json!({"db": "db", "trigger_name": "t"});
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let (got, text) = api.put(TRIGGER, body).await;
        assert!(got == status && text.contains(says), "{change}: {got} {text}");
    }
    // What was refused has changed nothing.
    api.write("m x=3i 3").await;
    api.soon("db", "SELECT x FROM changed ORDER BY time", "2\n3").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_request_path_is_served_and_the_old_one_no_more() {
    let api = Api::start();
    api.trigger("t", "request:old", COUNT).await;
    api.trigger("u", "request:taken", COUNT).await;
    let path =
        |path: &str| json!({"db": "db", "trigger_name": "t", "trigger_specification": format!("request:{path}")});
    assert_eq!(api.put(TRIGGER, path("taken")).await.0, 409);
    assert_eq!(api.get("/api/v3/engine/old").await.0, 200);
    assert_eq!(api.put(TRIGGER, path("new")).await.0, 200);
    assert_eq!((api.get("/api/v3/engine/old").await.0, api.get("/api/v3/engine/new").await.0), (404, 200));
    assert_eq!(
        api.put(TRIGGER, json!({"db": "db", "trigger_name": "t", "trigger_arguments": {"say": "bye"}})).await.0,
        200
    );
    assert_eq!(api.get("/api/v3/engine/new").await.1, "bye");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_runs_now_and_its_runs_are_kept() {
    let api = Api::start();
    api.trigger("yearly", "every:365d", COUNT).await;
    let (status, ran) = post(&api, "run", "yearly").await;
    let ran = json(&ran);
    assert_eq!((status, &ran["ending"]), (200, &json!("succeeded")));
    assert!(ran["log_lines"][1].as_str().unwrap().starts_with("INFO: at 20"), "{ran}");
    assert!(ran["usage"]["fuel"]["used"].as_u64() > Some(0));
    assert_eq!(api.sql("db", "SELECT count(*) FROM ticks").await, "1");
    assert_eq!(post(&api, "run", "yearly").await.0, 200);
    let runs = json(&api.get(&format!("{TRIGGER}/runs?db=db&trigger_name=yearly&limit=1")).await.1);
    assert_eq!(runs.as_array().unwrap().len(), 1);
    assert!(runs[0]["run_id"].as_u64() > ran["run_id"].as_u64(), "{runs}");

    api.trigger("asked", "request:asked", COUNT).await;
    assert_eq!(json(&post(&api, "run", "asked").await.1)["response"]["body"], "hello");
    api.trigger("written", "table:m", COUNT).await;
    let (status, why) = post(&api, "run", "written").await;
    assert!(status == 400 && why.contains("runs when rows are written"), "{why}");
    assert_eq!(post(&api, "disable", "yearly").await.0, 200);
    let (status, why) = post(&api, "run", "yearly").await;
    assert!(status == 400 && why.contains("is disabled"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_trigger_is_refused() {
    let api = Api::start();
    api.trigger("t", "request:t", COUNT).await;
    let with = |field: &str, value: Value| {
        let mut trigger = definition("new", "t.py", "table:m");
        trigger[field] = value;
        trigger
    };
    for (trigger, status, says) in [
        (with("trigger_name", json!("t")), 409, "already exists"),
        (with("db", json!("none")), 404, "Database not found none"),
        (with("trigger_specification", json!("request:t")), 409, "another trigger serves this path"),
        (
            with("trigger_specification", json!("table:")),
            400,
            "failed to parse trigger from table:: table name is empty",
        ),
        (with("trigger_specification", json!("every:0s")), 400, "failed to parse trigger from every:0s"),
        (with("plugin_filename", json!("none.py")), 400, "Plugin error: reading plugin file: Plugin not found: "),
        (with("plugin_filename", json!("../t.py")), 400, "Path traversal detected"),
        (with("plugin_filename", json!("gh:influxdata/x.py")), 400, "not fetched from the network"),
        (with("trigger_settings", Value::Null), 400, "serde json error: "),
        (with("trigger_settings", json!({"error_behavior": "explode"})), 400, "unknown variant `explode`"),
    ] {
        let (got, text) = api.post(TRIGGER, trigger.clone()).await;
        assert!(got == status && text.contains(says), "{trigger}: {got} {text}");
    }
    let mut missing = definition("new", "t.py", "table:m");
    missing.as_object_mut().unwrap().remove("trigger_settings");
    let (status, text) = api.post(TRIGGER, missing).await;
    assert!(
        status == 400 && text.starts_with("serde json error: missing field `trigger_settings` at line 1"),
        "{text}"
    );
    let text = answer(api.request(Method::POST, TRIGGER).body("{}")).await;
    assert_eq!(text, (415, "unacceptable content-type, expected: application/json".to_owned()));
    assert_eq!(json(&api.get(TRIGGER).await.1).as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn kinds_of_triggers_can_be_refused_by_the_operator() {
    for (allowed, refused) in [("wal,request", "Schedule"), ("wal_flush,schedule", "Request"), ("request", "WalRows")] {
        let server = Server::start_with(|command, _| {
            command.args(["--restrict-plugin-triggers-to", allowed]);
        });
        let api = Api::of(server);
        api.server.save("t.py", COUNT);
        assert_eq!(api.post("/api/v3/configure/database", json!({"db": "db"})).await.0, 200);
        for (kind, spec) in [("WalRows", "table:m"), ("Schedule", "every:1h"), ("Request", "request:t")] {
            let answer = api.post(TRIGGER, definition(kind, "t.py", spec)).await;
            if kind == refused {
                let why = format!("invalid request: server is configured to reject {kind} plugin triggers");
                assert_eq!(answer, (400, why));
            } else if allowed != "request" || kind == "Request" {
                assert_eq!(answer, (200, String::new()), "{allowed} {kind}");
            }
        }
    }
}

const ECHO: &str = "
import json, tidegate
def process_request(local, query, headers, body, args=None):
    request = tidegate.request()
    return {'method': request.method, 'path': request.path, 'query': request.query, 'headers': request.headers,
            'dicts': [query, headers.get('x-many')], 'body': body.decode()}
";

#[tokio::test(flavor = "multi_thread")]
async fn new_plugins_see_method_path_and_all_values_of_a_header() {
    let api = Api::start();
    api.trigger("echo", "request:echo/here", ECHO).await;
    for method in [Method::GET, Method::POST] {
        let asked = api
            .request(method.clone(), "/api/v3/engine/echo/here?a=1&a=2")
            .header("X-Many", "one")
            .header("X-Many", "two");
        let (status, body) = answer(asked.body("hi")).await;
        assert_eq!(status, 200, "{body}");
        let seen = json(&body);
        assert_eq!((&seen["method"], &seen["path"]), (&json!(method.as_str()), &json!("echo/here")));
        assert_eq!(seen["query"], json!([["a", "1"], ["a", "2"]]));
        assert_eq!(seen["dicts"], json!([{"a": "2"}, "two"]));
        let many: Vec<_> = seen["headers"].as_array().unwrap().iter().filter(|pair| pair[0] == "x-many").collect();
        assert_eq!(many, [&json!(["x-many", "one"]), &json!(["x-many", "two"])]);
        assert_eq!(seen["body"], "hi");
    }
}
