//! What triggers may that a tenant's token created: no more than the token, also
//! after a restart.

use serde_json::{Value, json};

use super::{Guarded, TRIGGER, definition, parsed};

/// Reads, or writes to, the database that it is asked for.
const REACH: &str = "
def process_request(local, query, headers, body, args=None):
    if query.get('write'):
        local.write_to_db(query['db'], LineBuilder('made').int64_field('x', 1))
        return 'written'
    return str(local.query('SELECT x FROM rows'))
";

async fn databases(server: &Guarded, token: &str) {
    for database in ["db", "other"] {
        let path = format!("/api/v3/write_lp?db={database}");
        assert_eq!(server.post(token, &path, json!("rows x=1i 1")).await.0, 204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trigger_reaches_what_its_creator_may_and_nothing_else() {
    let mut server = Guarded::start().await;
    let full = server.tenant("acme").await;
    databases(&server, &full).await;
    let creator = server.token("acme", &["db:db:triggers,write", "db:*:request"]).await;
    assert_eq!(server.trigger(&creator, ("reach", "request:reach"), REACH).await, (200, String::new()));
    for restarted in [false, true] {
        if restarted {
            server.api.server.restart();
        }
        assert_eq!(server.get(&creator, "/api/v3/engine/reach?write=1&db=db").await, (200, "written".to_owned()));
        let (status, why) = server.get(&creator, "/api/v3/engine/reach?write=1&db=other").await;
        assert!(status == 500 && why.contains("write=other"), "{why}");
        let (status, why) = server.get(&creator, "/api/v3/engine/reach").await;
        assert!(status == 500 && why.contains("read=db"), "{why}");
    }
    // Of one that may everything it may everything, in the tenant; rows went with the server.
    databases(&server, &full).await;
    assert_eq!(server.trigger(&full, ("wide", "request:wide"), REACH).await.0, 200);
    assert_eq!(server.get(&full, "/api/v3/engine/wide?write=1&db=other").await.0, 200);
    assert_eq!(server.get(&full, "/api/v3/engine/wide").await, (200, "[{'x': 1}]".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_granted_that_the_creator_has_not() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    databases(&server, &full).await;
    let creator = server.token("acme", &["db:db:triggers,read"]).await;
    let body = json!({"plugin_name": "reach.py", "content": REACH});
    assert_eq!(server.post(&creator, "/api/v3/plugins/files", body).await.0, 200);
    let with = |name: &str, value: Value| {
        let mut definition = definition("reach", "reach.py", "request:reach");
        definition[name] = value;
        definition
    };
    for (name, value, says) in [
        ("grants", json!({"read_databases": ["other"]}), "needs=`db:other:read`"),
        ("grants", json!({"write_databases": ["db"]}), "needs=`db:db:write`"),
        ("grants", json!({"http": ["GET http://127.0.0.1:80"]}), "grant=`http=GET http://127.0.0.1:80`"),
        ("grants", json!({"http": ["GET http://inside.example private"]}), "only an administrator"),
        ("grants", json!({"env": ["PATH"]}), "grant=`env=PATH`"),
        ("grants", json!({"secrets": ["KEY"]}), "grant=`secret=KEY`"),
        ("limits", json!({"fuel": 20_000_000_001_u64}), "limit=`fuel` default=`20000000000`"),
        ("limits", json!({"deadline_ms": 30_001}), "limit=`deadline_ms` default=`30000`"),
    ] {
        let (status, why) = server.post(&creator, TRIGGER, with(name, value)).await;
        assert!(status == 403 && why.contains(says), "{why}");
    }
    // Lower is always fine, and so is the world outside.
    let modest = with("limits", json!({"fuel": 19_000_000_000_u64}));
    assert_eq!(server.post(&creator, TRIGGER, modest).await, (200, String::new()));
    let changed = json!({"db": "db", "trigger_name": "reach", "grants": {"http": ["GET https://api.example.com"]}});
    assert_eq!(server.put(&creator, TRIGGER, changed).await, (200, String::new()));
    let changed = json!({"db": "db", "trigger_name": "reach", "grants": {"env": ["PATH"]}});
    assert_eq!(server.put(&creator, TRIGGER, changed).await.0, 403);
    // Nor may a client say who created it.
    let (status, why) = server.post(&creator, TRIGGER, with("creator", json!({"read": ["*"], "write": ["*"]}))).await;
    assert_eq!(status, 409, "{why}");
    let changed = json!({"db": "db", "trigger_name": "reach", "creator": {"read": ["*"], "write": ["*"]}});
    let (status, why) = server.put(&creator, TRIGGER, changed).await;
    assert!(status == 400 && why.contains("field=`creator`"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn written_rows_are_told_to_triggers_of_those_only_who_may_read_them() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    databases(&server, &full).await;
    let blind = server.token("acme", &["db:db:triggers,write"]).await;
    let code = "def process_writes(local, tables, args=None):\n    local.info(tables)\n";
    let refused = server.trigger(&blind, ("listen", "all_tables"), code).await;
    assert!(refused.0 == 403 && refused.1.contains("needs=`db:db:read`"), "{refused:?}");
    assert_eq!(server.trigger(&full, ("listen", "all_tables"), code).await, (200, String::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_replaces_code_that_has_more_than_they() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    databases(&server, &full).await;
    assert_eq!(server.trigger(&full, ("reach", "request:reach"), REACH).await.0, 200);
    let lesser = server.token("acme", &["db:db:triggers,read"]).await;
    let taking = "def process_request(local, query, headers, body, args=None):\n    return 'taken'\n";
    for path in ["reach.py", "./reach.py", "beside.json"] {
        let (status, why) =
            server.post(&lesser, "/api/v3/plugins/files", json!({"plugin_name": path, "content": taking})).await;
        assert!(status == 403 && why.contains("could not create"), "{path}: {why}");
    }
    let replacement = json!({"plugin_name": "reach", "db": "db", "content": taking});
    assert_eq!(server.put(&lesser, "/api/v3/plugins/files", replacement.clone()).await.0, 403);
    // New code under another name is theirs, with what they have.
    assert_eq!(server.trigger(&lesser, ("own", "request:own"), taking).await, (200, String::new()));
    // A trigger that they change is theirs from then on.
    let changed = json!({"db": "db", "trigger_name": "reach", "plugin_filename": "own.py"});
    assert_eq!(server.put(&lesser, TRIGGER, changed).await, (200, String::new()));
    let (_, shown) = server.get(&full, &format!("{TRIGGER}?db=db&trigger_name=reach")).await;
    assert_eq!(parsed(&shown)["grants"]["write_databases"], json!([]));
    assert_eq!(server.put(&full, "/api/v3/plugins/files", replacement).await, (200, String::new()));
}
