//! Every route, asked by everybody who may not: none gives away anything.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use super::{EVERYTHING, Guarded, TRIGGER, answer, definition};

/// Stands in the rows, the logs, the cache, the code, the errors, the arguments and
/// the names of the victim. No answer to anybody else may contain it.
const MARKER: &str = "marker7f3a";

/// What a route asks of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// Nothing at all, not even a token.
    Nobody,
    /// Any token; it answers with what that one may see.
    Any,
    Read,
    Write,
    Triggers,
    Request,
    Administrator,
}

/// A route: its method, where it is in the router, and what is asked there.
struct Route(Method, &'static str, &'static str, Value, Needs);

/// Those that change or delete stand last: what they are about must be there.
fn routes() -> Vec<Route> {
    use Needs::{Administrator, Any, Nobody, Read, Request, Triggers, Write};
    let [get, post, put, delete] = [Method::GET, Method::POST, Method::PUT, Method::DELETE];
    let none = Value::Null;
    let all = |methods: [&Method; 2], path: &'static str, asked: &'static str, needs: Needs| {
        methods.map(|method| Route(method.clone(), path, asked, Value::Null, needs))
    };
    let trial = |extra: Value| {
        let mut body = json!({"filename": "peek.py", "database": "db"});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        body
    };
    let query = "/api/v3/query_sql?db=db&q=SELECT%20*%20FROM%20rows";
    let mut routes = vec![
        Route(get.clone(), "/health", "/health", none.clone(), Any),
        Route(get.clone(), "/api/v1/health", "/api/v1/health", none.clone(), Any),
        Route(get.clone(), "/metrics", "/metrics", none.clone(), Administrator),
        Route(post.clone(), "/write", "/write?db=db", json!("rows x=1"), Write),
        Route(post.clone(), "/api/v2/write", "/api/v2/write?bucket=db", json!("rows x=1"), Write),
        Route(post.clone(), "/api/v3/write_lp", "/api/v3/write_lp?db=db", json!("rows x=1"), Write),
        Route(get.clone(), "/api/v3/query_sql", query, none.clone(), Read),
        Route(
            post.clone(),
            "/api/v3/query_sql",
            "/api/v3/query_sql",
            json!({"db": "db", "q": "SELECT * FROM rows"}),
            Read,
        ),
        Route(
            post.clone(),
            "/api/v3/plugin_test/wal",
            "/api/v3/plugin_test/wal",
            trial(json!({"input_lp": "rows x=1"})),
            Triggers,
        ),
        Route(post.clone(), "/api/v3/plugin_test/schedule", "/api/v3/plugin_test/schedule", trial(json!({})), Triggers),
        Route(post.clone(), "/api/v3/plugin_test/request", "/api/v3/plugin_test/request", trial(json!({})), Triggers),
        Route(
            post.clone(),
            "/api/v3/plugins/files",
            "/api/v3/plugins/files",
            json!({"plugin_name": "peek.py", "content": "x = 1"}),
            Triggers,
        ),
        Route(
            put.clone(),
            "/api/v3/plugins/files",
            "/api/v3/plugins/files",
            json!({"plugin_name": "peek", "db": "db", "content": "x = 1"}),
            Triggers,
        ),
        Route(
            put.clone(),
            "/api/v3/plugins/directory",
            "/api/v3/plugins/directory",
            json!({"plugin_name": "peek", "db": "db", "files": []}),
            Triggers,
        ),
        Route(get.clone(), "/api/v3/configure/database", "/api/v3/configure/database?format=csv", none.clone(), Any),
        Route(
            get.clone(),
            "/api/v3/configure/tenant",
            "/api/v3/configure/tenant?format=csv",
            none.clone(),
            Administrator,
        ),
        Route(get.clone(), TRIGGER, "/api/v3/configure/processing_engine_trigger?db=db", none.clone(), Triggers),
    ];
    let of_trigger = [
        (&get, "/log", "/log?db=db&trigger_name=peek"),
        (&get, "/runs", "/runs?db=db&trigger_name=peek"),
        (&post, "/run", "/run?db=db&trigger_name=peek"),
        (&post, "/disable", "/disable?db=db&trigger_name=peek"),
        (&post, "/enable", "/enable?db=db&trigger_name=peek"),
    ];
    for (method, path, asked) in of_trigger {
        let leak = |rest: &str| -> &'static str { format!("{TRIGGER}{rest}").leak() };
        routes.push(Route(method.clone(), leak(path), leak(asked), none.clone(), Triggers));
    }
    routes.extend(all([&get, &post], "/ping", "/ping", Any));
    routes.extend(all([&get, &post], "/api/v3/engine/{*path}", "/api/v3/engine/peek", Request));
    routes.extend(changing());
    for (path, methods) in [
        ("/query", "/query?db=db&q=SHOW%20MEASUREMENTS"),
        ("/api/v3/query_influxql", "/api/v3/query_influxql"),
        ("/api/v3/configure/last_cache", "/api/v3/configure/last_cache"),
        ("/api/v3/configure/distinct_cache", "/api/v3/configure/distinct_cache"),
        (
            "/api/v3/configure/plugin_environment/install_packages",
            "/api/v3/configure/plugin_environment/install_packages",
        ),
        (
            "/api/v3/configure/plugin_environment/install_requirements",
            "/api/v3/configure/plugin_environment/install_requirements",
        ),
    ] {
        // Any method.
        routes.push(Route(Method::from_bytes(b"ANY").unwrap(), path, methods, none.clone(), Any));
    }
    routes.push(Route(post, "/api/v3/configure/token/admin", "/api/v3/configure/token/admin", none.clone(), Nobody));
    routes.push(Route(
        delete,
        TRIGGER,
        "/api/v3/configure/processing_engine_trigger?db=db&trigger_name=none",
        none,
        Triggers,
    ));
    routes
}

/// Those below `/api/v3/configure` that change what is there.
fn changing() -> Vec<Route> {
    use Needs::{Administrator, Triggers, Write};
    let [post, put, delete] = [Method::POST, Method::PUT, Method::DELETE];
    let none = Value::Null;
    let same = |method: &Method, path, body: Value, needs| Route(method.clone(), path, path, body, needs);
    let permissions = json!([{"resource_type": "db", "resource_identifier": ["*"], "actions": ["read"]}]);
    let token = json!({"token_name": "stolen", "permissions": permissions});
    let table = json!({"db": "db", "table": "made", "tags": ["a"]});
    vec![
        same(&post, TRIGGER, definition("made", "peek.py", "request:made"), Triggers),
        same(&put, TRIGGER, json!({"db": "db", "trigger_name": "peek", "trigger_arguments": {"a": "b"}}), Triggers),
        same(&post, "/api/v3/configure/database", json!({"db": "made"}), Administrator),
        same(&put, "/api/v3/configure/database", json!({"db": "db", "retention_period": "1s"}), Administrator),
        Route(
            delete.clone(),
            "/api/v3/configure/database",
            "/api/v3/configure/database?db=db",
            none.clone(),
            Administrator,
        ),
        Route(
            post.clone(),
            "/api/v3/configure/database/retention_period",
            "/api/v3/configure/database/retention_period?db=db&duration=1s",
            none.clone(),
            Administrator,
        ),
        Route(
            delete.clone(),
            "/api/v3/configure/database/retention_period",
            "/api/v3/configure/database/retention_period?db=db",
            none.clone(),
            Administrator,
        ),
        same(&post, "/api/v3/configure/table", table, Write),
        Route(
            delete.clone(),
            "/api/v3/configure/table",
            "/api/v3/configure/table?db=db&table=rows",
            none.clone(),
            Administrator,
        ),
        same(&post, "/api/v3/configure/tenant", json!({"tenant": "made"}), Administrator),
        same(&put, "/api/v3/configure/tenant", json!({"tenant": "umbrella", "quotas": {"triggers": 0}}), Administrator),
        Route(
            delete.clone(),
            "/api/v3/configure/tenant",
            "/api/v3/configure/tenant?tenant=umbrella",
            none.clone(),
            Administrator,
        ),
        same(&post, "/api/v3/configure/token", token.clone(), Administrator),
        same(&post, "/api/v3/enterprise/configure/token", token, Administrator),
        Route(delete, "/api/v3/configure/token", "/api/v3/configure/token?token_name=t0", none.clone(), Administrator),
        same(&post, "/api/v3/configure/token/admin/regenerate", none, Administrator),
        same(&post, "/api/v3/configure/token/named_admin", json!({"token_name": "stolen"}), Administrator),
    ]
}

/// The routes in the text of the router, with their methods.
fn routed() -> BTreeSet<(String, String)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/src/http/mod.rs");
    let text = std::fs::read_to_string(file).unwrap();
    let nested = text.split("fn configuration()").nth(1).unwrap().split("\n}\n").next().unwrap();
    let mut found = BTreeSet::new();
    for (part, prefix) in [(text.replace(nested, ""), ""), (nested.to_owned(), "/api/v3/configure")] {
        for route in part.split(".route(").skip(1) {
            let mut quoted = route.split('"');
            let path = format!("{prefix}{}", quoted.nth(1).unwrap());
            let methods =
                quoted.next().unwrap().split(".layer(").next().unwrap().split("fn ").next().unwrap().to_owned();
            let calls = methods.split('(').filter_map(|before| before.rsplit([' ', ',', '.']).next());
            let known = calls.filter(|call| ["get", "post", "put", "delete", "any"].contains(&call.trim()));
            found.extend(known.map(|call| (call.trim().to_uppercase(), path.clone())));
        }
    }
    assert!(found.len() > 40, "{found:?}");
    found
}

#[test]
fn every_route_is_swept() {
    let swept: BTreeSet<_> =
        routes().into_iter().map(|Route(method, path, ..)| (method.to_string(), path.to_owned())).collect();
    assert_eq!(swept, routed());
}

const PEEK: &str = "
def process_request(local, query, headers, body, args=None):
    local.cache.put('secret', 'MARKER')
    local.cache.put('secret', 'MARKER', use_global=True)
    local.info('MARKER')
    if query.get('fail'):
        raise ValueError('MARKER')
    return 'MARKER'
";

/// A server with a tenant whose everything has the marker in it, and another who
/// has the same without it.
async fn victim_and_stranger() -> (Guarded, String, String) {
    let server = Guarded::start().await;
    let (victim, stranger) = (server.tenant("umbrella").await, server.tenant("acme").await);
    for (token, marker) in [(&victim, MARKER), (&stranger, "nothing")] {
        server.write(token, &format!("rows,secret={marker} x=1,of_{marker}=2 1")).await;
        let of_marker = format!("/api/v3/write_lp?db={marker}");
        assert_eq!(server.post(token, &of_marker, json!("rows x=1 1")).await.0, 204);
        let code = PEEK.replace("MARKER", marker);
        assert_eq!(server.trigger(token, ("peek", "request:peek"), &code).await, (200, String::new()));
        let arguments = json!({"db": "db", "trigger_name": "peek", "trigger_arguments": {"secret": marker}});
        assert_eq!(server.put(token, TRIGGER, arguments).await.0, 200);
        assert_eq!(server.get(token, "/api/v3/engine/peek").await, (200, marker.to_owned()));
        assert_eq!(server.get(token, "/api/v3/engine/peek?fail=1").await.0, 500);
        server.sql(token, ("db", &format!("SELECT '{marker}'"))).await;
    }
    (server, victim, stranger)
}

/// A token of the victim's that permits everything but what a route needs.
fn lacking(needs: Needs) -> &'static [&'static str] {
    match needs {
        Needs::Nobody | Needs::Any | Needs::Administrator => &[EVERYTHING],
        Needs::Read => &["db:db:write,triggers,request"],
        Needs::Write => &["db:db:read,triggers,request"],
        Needs::Triggers => &["db:db:read,write,request"],
        Needs::Request => &["db:db:read,write,triggers"],
    }
}

/// Whether an answer gives away something to somebody who asks for another's data.
fn check(route: &Route, who: &str, (status, body): &(u16, String)) {
    let Route(method, _, path, ..) = route;
    assert!(!body.contains(MARKER), "{method} {path} tells {who}: {body}");
    assert!([401, 403, 404].contains(status), "{method} {path} lets {who} in: {status} {body}");
}

async fn ask(server: &Guarded, route: &Route, token: Option<(&str, Option<&str>)>) -> (u16, String) {
    let Route(method, _, path, body, _) = route;
    let method = if method.as_str() == "ANY" { Method::POST } else { method.clone() };
    let mut request = server.api.request(method, path);
    if let Some((token, tenant)) = token {
        request = request.bearer_auth(token);
        request = tenant.into_iter().fold(request, |request, tenant| request.header("tidegate-tenant", tenant));
    }
    answer(match body {
        Value::Null => request,
        Value::String(text) => request.body(text.clone()),
        json => request.json(json),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_gives_away_what_the_token_does_not_permit() {
    let (server, victim, stranger) = victim_and_stranger().await;
    let elsewhere = server.token("umbrella", &["db:other:read,write,triggers,request"]).await;
    for route in routes() {
        let needs = route.4;
        if needs == Needs::Nobody {
            assert_eq!(ask(&server, &route, None).await.0, 409);
            continue;
        }
        check(&route, "nobody", &ask(&server, &route, None).await);
        check(&route, "a forger", &ask(&server, &route, Some(("apiv3_wrong", None))).await);
        check(&route, "a stranger", &ask(&server, &route, Some((&stranger, Some("umbrella")))).await);
        // What is the stranger's own is answered, and has no marker in it.
        let own = ask(&server, &route, Some((&stranger, None))).await;
        assert!(!own.1.contains(MARKER), "{own:?}");
        if needs == Needs::Any {
            let seen = ask(&server, &route, Some((&elsewhere, None))).await;
            assert!(!seen.1.contains(MARKER), "{seen:?}");
            continue;
        }
        let scoped = server.token("umbrella", lacking(needs)).await;
        check(&route, "somebody with too little", &ask(&server, &route, Some((&scoped, None))).await);
        check(&route, "somebody of another database", &ask(&server, &route, Some((&elsewhere, None))).await);
    }
    // It is all still there, and it was only the marker that nobody else could see.
    assert_eq!(server.sql(&victim, ("db", "SELECT secret FROM rows")).await, MARKER);
    assert_eq!(server.get(&victim, "/api/v3/engine/peek").await, (200, MARKER.to_owned()));
    for path in ["/log?db=db&trigger_name=peek", "/runs?db=db&trigger_name=peek", "?db=db&trigger_name=peek"] {
        let (status, shown) = server.get(&victim, &format!("{TRIGGER}{path}")).await;
        assert!(status == 200 && shown.contains(MARKER), "{path}: {shown}");
    }
    let kept = "SELECT database_name FROM system.databases WHERE retention_period_ns IS NULL ORDER BY 1";
    assert_eq!(server.sql(&victim, ("_internal", kept)).await, format!("_internal\ndb\n{MARKER}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_reaches_what_the_token_does_not_permit() {
    let (server, victim, stranger) = victim_and_stranger().await;
    let elsewhere = server.token("umbrella", &["db:other:read,write"]).await;
    server.post(&elsewhere, "/api/v3/write_lp?db=other", json!("rows x=1 1")).await;
    let system = [
        "processing_engine_logs",
        "processing_engine_runs",
        "processing_engine_trigger_arguments",
        "processing_engine_triggers",
        "queries",
        "databases",
        "tables",
        "plugin_files",
        "tokens",
    ];
    let mut asked: Vec<String> = system.map(|table| format!("SELECT * FROM system.{table}")).into();
    let names = format!("SELECT * FROM {MARKER}.rows");
    asked.extend(
        ["SHOW TABLES", "SHOW COLUMNS FROM rows", "SELECT * FROM information_schema.columns"].map(str::to_owned),
    );
    asked.extend(
        ["SELECT * FROM umbrella.db.rows", "SELECT * FROM db.rows", "SELECT * FROM public.db.rows"].map(str::to_owned),
    );
    for sql in &asked {
        for (token, database) in
            [(&stranger, "db"), (&stranger, "_internal"), (&elsewhere, "other"), (&elsewhere, "_internal")]
        {
            let told = server.sql(token, (database, sql)).await;
            assert!(!told.contains(MARKER), "{sql} in {database}: {told}");
        }
    }
    for token in [&stranger, &elsewhere] {
        let told = server.sql(token, ("db", &names)).await;
        assert!(told.starts_with("40"), "{told}");
    }
    // Its owner finds it by the same statements.
    let all = [&system[..1], &system[2..3], &system[4..5]].concat();
    for table in all {
        let told = server.sql(&victim, ("_internal", &format!("SELECT * FROM system.{table}"))).await;
        assert!(told.contains(MARKER), "{table}: {told}");
    }
}
