//! Tokens, databases, tables, and what a server tells of itself.

use serde_json::Value;
use testkit::Server;

use super::usage::error;

#[test]
fn tokens_are_made_used_and_deleted() {
    let server = Server::start_guarded(|_, _| {});
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
    // Nobody is there to say yes.
    assert_eq!(server.run(&["delete", "database", "db"]).status.code(), Some(1));
    let _ = server.tell(&["delete", "database", "--hard-delete", "now", "-y", "db"]);
    let listed = server.tell(&["show", "databases", "--show-deleted", "--format", "csv"]);
    assert!(!listed.lines().any(|line| line.starts_with("db")), "{listed}");
}

#[test]
fn the_server_shows_what_it_knows_of_itself() {
    let server = Server::start();
    server.save("greet.py", "def process_scheduled_call(local, call_time, args=None): pass\n");
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
