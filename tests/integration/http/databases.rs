//! Databases and tables.

use serde_json::json;
use tidegate::{Clock as _, SystemClock};

use super::{Api, TRIGGER, definition};

const DATABASE: &str = "/api/v3/configure/database";
const TABLE: &str = "/api/v3/configure/table";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_created_once_and_deleted_with_all_it_has() {
    let api = Api::start();
    assert_eq!(api.post(DATABASE, json!({"db": "db"})).await, (200, String::new()));
    assert_eq!(api.post(DATABASE, json!({"db": "db"})).await.0, 409);
    api.trigger("t", "table:cpu", "def process_writes(local, batches, args=None): pass\n").await;
    assert_eq!(api.delete(&format!("{DATABASE}?db=db&hard_delete_at=now")).await, (200, String::new()));
    assert_eq!(api.get(&format!("{TRIGGER}?db=db")).await.0, 404);
    assert_eq!(api.get(&format!("{DATABASE}?format=csv&show_deleted=true")).await.1, "iox::database\n_internal\n");
    assert_eq!(api.delete(&format!("{DATABASE}?db=db")).await.0, 404);
    // The name is free again, and so is the trigger's.
    assert_eq!(api.post(DATABASE, json!({"db": "db"})).await.0, 200);
    assert_eq!(api.post(TRIGGER, definition("t", "t.py", "table:cpu")).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_database_is_refused() {
    let api = Api::start();
    assert_eq!(api.post(DATABASE, json!({"db": "there"})).await.0, 200);
    for (path, body, status, says) in [
        (DATABASE, json!({"db": "_internal"}), 400, "db name did not start"),
        (DATABASE, json!({"db": ""}), 400, "db name cannot be empty"),
        (DATABASE, json!({}), 400, "serde json error: missing field `db`"),
        (DATABASE, json!({"db": "a", "retention_period": "soon"}), 400, "retention_period=`soon`"),
        (TABLE, json!({"db": "a", "table": "t", "tags": ["x"]}), 404, "not found: a"),
        (TABLE, json!({"db": "there", "table": "t", "tags": [], "fields": []}), 400, "a table needs a column"),
        (
            TABLE,
            json!({"db": "there", "table": "t", "tags": [], "fields": [{"name": "x", "type": "int"}]}),
            400,
            "type=`int`",
        ),
        (
            TABLE,
            json!({"db": "there", "table": "", "tags": [], "fields": [{"name": "x", "type": "int64"}]}),
            400,
            "table",
        ),
    ] {
        let (got, text) = api.post(path, body.clone()).await;
        assert!(got == status && text.contains(says), "{body}: {got} {text}");
    }
    assert_eq!(api.get(&format!("{DATABASE}?format=csv")).await.1, "iox::database\n_internal\nthere\n");
    assert_eq!(api.delete(&format!("{DATABASE}?db=_internal")).await.0, 404);
    assert_eq!(api.delete(&format!("{DATABASE}?db=a&hard_delete_at=soon")).await.0, 400);
    assert_eq!(api.put(DATABASE, json!({"db": "a", "retention_period": "1d"})).await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_older_than_the_retention_period_are_gone() {
    let api = Api::start();
    let now = SystemClock::default().now().0 / 1_000_000_000;
    api.write(&format!("m x=1i 1\nm x=2i {}\nm x=3i {now}", now - 7_200)).await;
    let rows = || api.sql("db", "SELECT x FROM m ORDER BY time");
    assert_eq!(rows().await, "1\n2\n3");
    let set = |duration: &str| {
        api.request(reqwest::Method::POST, &format!("{DATABASE}/retention_period?db=db&duration={duration}")).send()
    };
    assert_eq!(set("1d").await.unwrap().status(), 204);
    assert_eq!(rows().await, "2\n3");
    assert_eq!(set("1h").await.unwrap().status(), 204);
    assert_eq!(rows().await, "3");
    assert_eq!(api.sql("db", "SELECT count(*) FROM m").await, "1");
    assert_eq!(api.delete(&format!("{DATABASE}/retention_period?db=db")).await.0, 204);
    assert_eq!(rows().await, "1\n2\n3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_has_its_columns_before_it_has_rows() {
    let api = Api::start();
    let table = json!({"db": "db", "table": "cpu", "tags": ["host", "region"],
        "fields": [{"name": "usage", "type": "float64"}, {"name": "up", "type": "bool"}]});
    assert_eq!(api.post(DATABASE, json!({"db": "db"})).await.0, 200);
    assert_eq!(api.post(TABLE, table.clone()).await, (200, String::new()));
    assert_eq!(api.post(TABLE, table).await.0, 409);
    assert_eq!(api.sql("db", "SELECT * FROM cpu").await, "");
    let bad = api.request(reqwest::Method::POST, "/api/v3/write_lp?db=db").body("cpu usage=1i").send().await.unwrap();
    assert_eq!(bad.status(), 400);
    api.write("cpu,region=west usage=1 1").await;
    assert_eq!(api.sql("db", "SELECT host, region, usage, up FROM cpu").await, ",west,1.0,");
    assert_eq!(api.delete(&format!("{TABLE}?db=db&table=cpu")).await.0, 200);
    assert_eq!(api.delete(&format!("{TABLE}?db=db&table=cpu")).await.0, 404);
    assert_eq!(api.get("/api/v3/query_sql?db=db&q=SELECT%20*%20FROM%20cpu").await.0, 400);
}
