//! What a token permits is done, and what it does not is refused with a reason.

use serde_json::json;

use super::{DATABASE, Guarded, TRIGGER, definition, parsed};

const HELLO: &str = "def process_request(local, query, headers, body, args=None):\n    return 'hello'\n";

#[tokio::test(flavor = "multi_thread")]
async fn each_action_is_permitted_by_its_word_alone() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    let [read, write, triggers, request] =
        ["db:db:read", "db:db:write", "db:db:triggers", "db:db:request"].map(|permission| vec![permission]);
    let [read, write, triggers, request] = [
        server.token("acme", &read).await,
        server.token("acme", &write).await,
        server.token("acme", &triggers).await,
        server.token("acme", &request).await,
    ];
    server.write(&write, "cpu usage=1 1").await;
    assert_eq!(server.trigger(&triggers, ("hello", "request:hello"), HELLO).await, (200, String::new()));
    assert_eq!(server.get(&request, "/api/v3/engine/hello").await, (200, "hello".to_owned()));
    assert_eq!(server.sql(&read, ("db", "SELECT usage FROM cpu")).await, "1.0");
    assert_eq!(server.get(&triggers, &format!("{TRIGGER}/runs?db=db&trigger_name=hello")).await.0, 200);

    let lacks = |action: &str| {
        let why =
            format!("the token does not permit this; an administrator can make one that does. needs=`db:db:{action}`");
        (403, json!({"error": why}).to_string())
    };
    assert_eq!(server.post(&read, "/api/v3/write_lp?db=db", json!("cpu usage=2")).await, lacks("write"));
    assert_eq!(server.get(&write, "/api/v3/query_sql?db=db&q=SELECT%201").await, lacks("read"));
    assert_eq!(server.get(&write, "/api/v3/engine/hello").await, lacks("request"));
    assert_eq!(server.get(&request, &format!("{TRIGGER}?db=db")).await, lacks("triggers"));
    assert_eq!(server.get(&full, "/api/v3/engine/hello").await.0, 200);
    let as_v2 = server.post(&read, "/api/v2/write?bucket=db", json!("cpu usage=2")).await;
    assert_eq!((as_v2.0, &parsed(&as_v2.1)["code"]), (403, &json!("forbidden")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_outside_of_the_scope_is_like_one_that_is_not_there() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    server.write(&full, "cpu usage=1 1").await;
    let scoped = server.token("acme", &["db:other:read,write,triggers,request"]).await;
    let select = |database: &str| format!("/api/v3/query_sql?db={database}&q=SELECT%201");
    let (hidden, missing) = (server.get(&scoped, &select("db")).await, server.get(&scoped, &select("none")).await);
    assert_eq!((hidden.0, missing.0), (404, 404));
    assert_eq!(hidden.1.replace("db", "X"), missing.1.replace("none", "X"));
    let (_, listed) = server.get(&scoped, &format!("{DATABASE}?format=csv")).await;
    assert_eq!(listed, "iox::database\n_internal\n");
    server.post(&full, "/api/v3/write_lp?db=other", json!("cpu usage=1 1")).await;
    let (_, listed) = server.get(&scoped, &format!("{DATABASE}?format=csv")).await;
    assert_eq!(listed, "iox::database\n_internal\nother\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_brings_those_databases_into_being_that_the_token_names() {
    let server = Guarded::start().await;
    let all = server.tenant("acme").await;
    let named = server.token("acme", &["db:a:write"]).await;
    assert_eq!(server.post(&named, "/api/v3/write_lp?db=a", json!("cpu usage=1 1")).await.0, 204);
    assert_eq!(server.post(&named, "/api/v3/write_lp?db=b", json!("cpu usage=1 1")).await.0, 403);
    assert_eq!(server.post(&all, "/api/v3/write_lp?db=b", json!("cpu usage=1 1")).await.0, 204);
    // To create one without rows, or to delete one, is for administrators.
    assert_eq!(server.post(&all, DATABASE, json!({"db": "c"})).await.0, 403);
    assert_eq!(server.delete(&all, &format!("{DATABASE}?db=b")).await.0, 403);
    assert_eq!(
        server.post(&named, "/api/v3/configure/table", json!({"db": "a", "table": "t", "tags": ["x"]})).await.0,
        200
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_are_listed_where_the_token_manages_them() {
    let server = Guarded::start().await;
    let full = server.tenant("acme").await;
    server.write(&full, "cpu usage=1 1").await;
    server.post(&full, "/api/v3/write_lp?db=other", json!("cpu usage=1 1")).await;
    assert_eq!(server.trigger(&full, ("hello", "request:hello"), HELLO).await.0, 200);
    let mut elsewhere = definition("theirs", "hello.py", "request:theirs");
    elsewhere["db"] = json!("other");
    assert_eq!(server.post(&full, TRIGGER, elsewhere).await, (200, String::new()));
    let scoped = server.token("acme", &["db:db:triggers", "db:other:read"]).await;
    let (_, listed) = server.get(&scoped, TRIGGER).await;
    let names: Vec<_> = parsed(&listed).as_array().unwrap().iter().map(|one| one["trigger_name"].clone()).collect();
    assert_eq!(names, ["hello"]);
    let seen = server.sql(&scoped, ("_internal", "SELECT trigger_name FROM system.processing_engine_triggers")).await;
    assert_eq!(seen, "hello");
}
