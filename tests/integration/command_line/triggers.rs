//! Triggers and their plugins as the command line makes, changes and runs them.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use testkit::Server;

use crate::server::eventually;

/// What most triggers here run.
const GREET: &str = "
def process_scheduled_call(influxdb3_local, call_time, args=None):
    influxdb3_local.info('hello ' + (args or {}).get('name', 'you'))
";

fn save(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
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
