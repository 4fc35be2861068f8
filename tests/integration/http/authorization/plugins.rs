//! A plugin of one tenant that tries everything to get at another's.

use serde_json::{Value, json};

use super::{Guarded, TRIGGER, parsed};

const MARKER: &str = "marker7f3a";

/// Has the marker in its rows, cache, log, errors and code.
const VICTIM: &str = "
def process_request(local, query, headers, body, args=None):
    local.cache.put('secret', 'marker7f3a')
    local.cache.put('secret', 'marker7f3a', use_global=True)
    local.info('marker7f3a')
    if query.get('fail'):
        raise ValueError('marker7f3a')
    return 'ok'
";

/// Tries each import, and tells all that came of it.
const THIEF: &str = "
import os

def tried(told, name, attempt):
    try:
        told.append((name, attempt()))
    except BaseException as error:
        told.append((name, repr(error)))

def process_request(local, query, headers, body, args=None):
    told = []
    for sql in ['SELECT * FROM rows', 'SELECT * FROM umbrella.db.rows', 'SELECT * FROM public.umbrella.rows',
                'SELECT * FROM system.processing_engine_logs', 'SELECT * FROM system.processing_engine_runs',
                'SELECT * FROM system.queries', 'SHOW TABLES', 'SELECT * FROM information_schema.columns']:
        tried(told, sql, lambda: local.query(sql))
    for key in ['secret', 'umbrella/secret', 'umbrella/db/victim/secret']:
        tried(told, key, lambda: local.cache.get(key))
        tried(told, key, lambda: local.cache.get(key, use_global=True))
    for name in ['db', 'umbrella/db', 'secrets']:
        tried(told, name, lambda: local.write_to_db(name, LineBuilder('stolen').int64_field('x', 1)))
    for folder in ['/', '/plugin', '/plugin/..', '/packages', '/plugin/../umbrella', '../umbrella']:
        tried(told, folder, lambda: sorted(os.listdir(folder)))
    for file in ['/plugin/victim.py', '../umbrella/victim.py', '/plugin/../umbrella/victim.py', '/proc/self/environ']:
        tried(told, file, lambda: open(file).read())
    tried(told, 'environ', lambda: dict(os.environ))
    return repr(told)
";

/// Asks the server for another tenant's things, with what a plugin can send.
const CALLER: &str = "
from componentize_py_types import Err
from wit_world.imports import http

def process_request(local, query, headers, body, args=None):
    told = []
    for path in ['/api/v3/engine/victim', '/api/v3/configure/database?format=json', '/api/v3/query_sql?db=db&q=SELECT%20*%20FROM%20rows']:
        for sent in [[], [('tidegate-tenant', 'umbrella')], [('authorization', 'Bearer ' + args['token']), ('tidegate-tenant', 'umbrella')]]:
            try:
                answer = http.send(http.Request('GET', args['url'] + path, sent, b'', None))
                told.append((path, answer.status, answer.body))
            except Err as error:
                told.append((path, repr(error.value)))
    return repr(told)
";

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_gets_nothing_of_another_tenant_by_any_import() {
    let server = Guarded::start().await;
    let (victim, thief) = (server.tenant("umbrella").await, server.tenant("acme").await);
    server.write(&victim, &format!("rows,secret={MARKER} x=1 1")).await;
    server.post(&victim, "/api/v3/write_lp?db=secrets", json!(format!("rows,secret={MARKER} x=1 1"))).await;
    assert_eq!(server.trigger(&victim, ("victim", "request:victim"), VICTIM).await, (200, String::new()));
    assert_eq!(server.get(&victim, "/api/v3/engine/victim").await.0, 200);
    assert_eq!(server.get(&victim, "/api/v3/engine/victim?fail=1").await.0, 500);
    server.write(&thief, "own x=1 1").await;
    assert_eq!(server.trigger(&thief, ("thief", "request:thief"), THIEF).await, (200, String::new()));

    let (status, told) = server.get(&thief, "/api/v3/engine/thief").await;

    assert_eq!(status, 200, "{told}");
    assert!(!told.contains(MARKER), "{told}");
    // It has tried, and had its own.
    assert!(told.contains("SHOW TABLES") && told.contains("own"), "{told}");
    let tables = server.sql(&victim, ("_internal", "SELECT table_name FROM system.tables ORDER BY 1")).await;
    assert_eq!(tables, "rows\nrows");
    // What it wrote to databases called the same is in its own.
    let tables = server
        .sql(&thief, ("_internal", "SELECT database_name FROM system.tables WHERE table_name = 'stolen' ORDER BY 1"))
        .await;
    assert!(tables.starts_with("db"), "{tables}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_gets_nothing_of_another_tenant_by_asking_its_own_server() {
    let server = Guarded::start().await;
    let (victim, thief) = (server.tenant("umbrella").await, server.tenant("acme").await);
    server.write(&victim, &format!("rows,secret={MARKER} x=1 1")).await;
    let answering = VICTIM.replace("return 'ok'", "return 'marker7f3a'");
    assert_eq!(server.trigger(&victim, ("victim", "request:victim"), &answering).await, (200, String::new()));
    server.write(&thief, "own x=1 1").await;
    let body = json!({"plugin_name": "caller.py", "content": CALLER});
    assert_eq!(server.post(&thief, "/api/v3/plugins/files", body).await.0, 200);
    let url = server.api.server.url.clone();
    let mut definition = super::definition("caller", "caller.py", "request:caller");
    definition["trigger_arguments"] = json!({"url": url, "token": thief});
    definition["grants"] = json!({"http": [format!("* {url}")]});
    // Only an administrator grants it the way there at all.
    assert_eq!(server.post(&thief, TRIGGER, definition.clone()).await.0, 403);
    let asked = server.api.request(reqwest::Method::POST, TRIGGER).bearer_auth(&server.operator);
    let created = super::answer(asked.header("tidegate-tenant", "acme").json(&definition)).await;
    assert_eq!(created, (200, String::new()));

    let (status, told) = server.get(&thief, "/api/v3/engine/caller").await;

    assert_eq!(status, 200, "{told}");
    assert!(!told.contains(MARKER) && told.contains("401") && told.contains("403"), "{told}");
    let _: Value = parsed(&server.get(&victim, TRIGGER).await.1);
}
