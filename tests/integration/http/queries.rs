//! `query_sql`, by GET and by POST.

use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use reqwest::Method;
use serde_json::json;
use tokio::time::Instant;

use super::{Api, answer, json};

const QUERY: &str = "/api/v3/query_sql";

async fn filled() -> Api {
    let api = Api::start();
    api.write("cpu,host=a usage=0.5,cores=4i 1000000000\ncpu,host=b usage=1.5 2000000000").await;
    api
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_come_in_the_url_or_in_the_body() {
    let api = filled().await;
    let sql = "SELECT host FROM cpu WHERE usage > $least AND host != $not ORDER BY host";
    let params = r#"{"least": 0.1, "not": "b"}"#;
    let by_url = api.request(Method::GET, QUERY).query(&[("db", "db"), ("q", sql), ("params", params)]);
    assert_eq!(answer(by_url).await, (200, r#"[{"host":"a"}]"#.to_owned()));
    let body = json!({"db": "db", "q": sql, "params": {"least": 0.1, "not": "b"}, "format": "csv"});
    assert_eq!(api.post(QUERY, body.clone()).await, (200, "host\na\n".to_owned()));
    // The body need not say what it is.
    assert_eq!(answer(api.request(Method::POST, QUERY).body(body.to_string())).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_is_named_or_accepted() {
    let api = filled().await;
    for (format, accept, content_type) in [
        ("", "*/*", "application/json"),
        ("", "text/csv", "text/csv"),
        ("", "text/plain", "text/plain; charset=utf-8"),
        ("", "application/vnd.apache.parquet", "application/vnd.apache.parquet"),
        ("jsonl", "text/csv", "application/jsonl"),
        ("json_lines", "*/*", "application/jsonl"),
        ("pretty", "*/*", "text/plain; charset=utf-8"),
        ("parquet", "*/*", "application/vnd.apache.parquet"),
    ] {
        let mut query = vec![("db", "db"), ("q", "SELECT * FROM cpu")];
        query.extend(Some(("format", format)).filter(|(_, format)| !format.is_empty()));
        let response = api.request(Method::GET, QUERY).query(&query).header("accept", accept).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], content_type, "{format} {accept}");
    }
    let (status, body) = api.get(&format!("{QUERY}?db=db&q=SELECT%201&format=xml")).await;
    assert!(status == 400 && body.contains("format=`xml`"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_is_a_file_that_others_read() {
    let api = filled().await;
    for (sql, rows) in [("SELECT * FROM cpu ORDER BY time", 2), ("SELECT * FROM cpu WHERE usage > 9", 0)] {
        let query = [("db", "db"), ("q", sql), ("format", "parquet")];
        let file: Bytes = api.request(Method::GET, QUERY).query(&query).send().await.unwrap().bytes().await.unwrap();
        let batches: Result<Vec<_>, _> = ParquetRecordBatchReader::try_new(file, 1_000).unwrap().collect();
        let batches = batches.unwrap();
        assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), rows);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_result_comes_as_it_is_made() {
    let api = Api::start();
    api.write(&(0..2_000).map(|n| format!("m x={n}i {n}\n")).collect::<String>()).await;
    let sql = "SELECT a.x + b.x AS x FROM m AS a, m AS b, m AS c";
    let query = [("db", "db"), ("q", sql), ("format", "csv")];
    // Eight thousand million rows: they would neither fit nor ever be done.
    let mut response = api.request(Method::GET, QUERY).query(&query).send().await.unwrap();
    let first = response.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"x\n"));
    drop(response);
    let running = "SELECT count(*) FROM system.queries WHERE running AND query_text LIKE '%m AS c'";
    let begun = Instant::now();
    while api.sql("db", running).await != "0" {
        assert!(begun.elapsed().as_secs() < 30, "the query goes on though nobody waits for it");
    }
    let ended = "SELECT phase, success, cancelled FROM system.queries WHERE query_text LIKE '%m AS c' AND query_type = 'sql' ORDER BY issue_time LIMIT 1";
    assert_eq!(api.sql("db", ended).await, "cancel,false,true");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_query_is_told() {
    let api = filled().await;
    for (query, status, says) in [
        ("db=db", 400, "missing field `q`"),
        ("q=SELECT%201", 400, "missing field `db`"),
        ("db=db&q=SELECTED%201", 400, "error while planning query: "),
        ("db=db&q=SELECT%20*%20FROM%20nothing", 400, "table 'public.iox.nothing' not found"),
        ("db=none&q=SELECT%201", 404, "{\"error\":\"query error: database not found: none\"}"),
        ("db=db&q=SELECT%20$a", 400, "parameter=`a`"),
        ("db=db&q=SELECT%201&params=[]", 400, "serde json error"),
        ("db=db&q=SELECT%20$a&params={\"a\":[]}", 400, "parameter=`a`"),
        ("db=db&q=CREATE%20TABLE%20t%20(a%20int)", 400, "error while planning query: "),
        ("db=db&q=DELETE%20FROM%20cpu", 400, "error while planning query: "),
        ("db=db&q=SELECT%20*%20FROM%20cpu%20WHERE%20host%20=%201/0", 400, "error while executing plan: "),
        ("db=db&q=SELECT%201;SELECT%202", 400, "a query is one statement"),
        ("db=a%00b&q=SELECT%201", 400, "invalid character"),
    ] {
        let (got, body) = api.get(&format!("{QUERY}?{query}")).await;
        assert!(got == status && body.contains(says), "{query}: {got} {body}");
    }
    assert_eq!(answer(api.request(Method::POST, QUERY).body("{")).await.0, 400);
    let query = [("db", "db"), ("q", "SELECT 1")];
    assert_eq!(
        answer(api.request(Method::GET, QUERY).query(&query).header("accept", "image/png")).await,
        (400, "invalid mime type (image/png)".to_owned())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tools_find_tables_and_columns() {
    let api = filled().await;
    let tables = api.sql("db", "SHOW TABLES").await;
    assert!(tables.contains("public,iox,cpu,BASE TABLE"), "{tables}");
    assert!(tables.contains("public,system,processing_engine_runs,BASE TABLE"), "{tables}");
    let columns =
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'cpu' ORDER BY column_name";
    assert_eq!(
        api.sql("db", columns).await,
        "cores,Int64\nhost,\"Dictionary(Int32, Utf8)\"\ntime,Timestamp(ns)\nusage,Float64"
    );
    let (_, listed) = api.get("/api/v3/configure/database?format=json").await;
    assert_eq!(json(&listed), json!([{"iox::database": "_internal"}, {"iox::database": "db"}]));
}
