//! Writes of three versions.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::json;

use super::{Answer, Api, answer, json};

async fn post(api: &Api, path: &str, body: &str) -> Answer {
    answer(api.request(Method::POST, path).body(body.to_owned())).await
}

async fn times(api: &Api, database: &str) -> String {
    api.sql(database, "SELECT time FROM m ORDER BY time").await
}

#[tokio::test(flavor = "multi_thread")]
async fn timestamps_are_in_the_unit_that_is_asked_for() {
    let api = Api::start();
    for (number, path) in [
        "/write?db=p0&precision=s",
        "/write?db=p1&precision=ms",
        "/api/v2/write?bucket=p2&org=any&precision=us",
        "/api/v2/write?bucket=p3&precision=ns",
        "/api/v2/write?bucket=p4",
        "/api/v3/write_lp?db=p5&precision=second",
        "/api/v3/write_lp?db=p6&precision=millisecond",
        "/api/v3/write_lp?db=p7&precision=microsecond",
        "/api/v3/write_lp?db=p8&precision=nanosecond",
        "/api/v3/write_lp?db=p9",
        "/api/v3/write_lp?db=p10&precision=auto",
    ]
    .iter()
    .enumerate()
    {
        let unit = ["s", "ms", "us", "ns", "ns", "s", "ms", "us", "ns", "s", "ms"][number];
        let time = match unit {
            "s" => "1700000000",
            "ms" => "1700000000000",
            "us" => "1700000000000000",
            _ => "1700000000000000000",
        };
        assert_eq!(post(&api, path, &format!("m x=1 {time}")).await, (204, String::new()), "{path}");
        assert_eq!(times(&api, &format!("p{number}")).await, "2023-11-14T22:13:20", "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retention_policy_is_part_of_the_databases_name() {
    let api = Api::start();
    for (path, database) in
        [("/write?db=a&rp=autogen", "a"), ("/write?db=a&rp=weekly", "a/weekly"), ("/write?db=b&rp=", "b")]
    {
        assert_eq!(post(&api, path, "m x=1 1").await.0, 204);
        assert_eq!(times(&api, database).await, "1970-01-01T00:00:00.000000001");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_version_tells_errors_in_its_own_way() {
    let api = Api::start();
    let bad = "m x=1 1\nm x=\n";
    let (status, v1) = post(&api, "/write?db=db", bad).await;
    assert!(status == 400 && json(&v1)["error"].as_str().unwrap().contains("line=`2`"), "{v1}");
    let (status, v2) = post(&api, "/api/v2/write?bucket=db", bad).await;
    assert_eq!((status, &json(&v2)["code"]), (400, &json!("invalid")));
    assert!(json(&v2)["message"].as_str().unwrap().contains("line=`2`"), "{v2}");
    let (status, v3) = post(&api, "/api/v3/write_lp?db=db&accept_partial=false", bad).await;
    assert_eq!(
        (status, &json(&v3)["error"], &json(&v3)["data"]["line_number"]),
        (400, &json!("line protocol parsing error"), &json!(2))
    );
    // None of the three has kept anything.
    assert_eq!(api.get("/api/v3/query_sql?db=db&q=SELECT%201").await.0, 404);

    for (path, says) in [
        ("/write", "missing field `db`"),
        ("/write?db=db&precision=h", "precision=`h`"),
        ("/api/v2/write?org=o", "missing field `bucket`"),
        ("/api/v2/write?bucket=a%20b", "invalid character in database"),
        ("/api/v3/write_lp", "missing query parameter 'db'"),
        ("/api/v3/write_lp?db=_x", "db name did not start with a number or letter"),
    ] {
        let (status, body) = post(&api, path, "m x=1").await;
        assert!(status == 400 && body.contains(says), "{path}: {status} {body}");
    }
    for path in ["/write?db=db", "/api/v2/write?bucket=db", "/api/v3/write_lp?db=db"] {
        let (status, body) = post(&api, path, "\n# nothing\n").await;
        assert!(status == 400 && body.contains("incoming write was empty"), "{path}: {status} {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_may_not_grow_is_no_fault_of_the_line() {
    let api = Api::start();
    let wide = format!("m {} 1\nn x=1i 1", (0..500).map(|n| format!("f{n}=1i")).collect::<Vec<_>>().join(","));
    let says = "Update to schema would exceed number of columns per table limit of 500 columns";
    let (status, body) = post(&api, "/api/v3/write_lp?db=db", &wide).await;
    assert_eq!((status, json(&body)["data"][0]["error_message"].as_str()), (422, Some(says)));
    assert_eq!(api.sql("db", "SELECT x FROM n").await, "1");
    let refused = (422, format!("{{\"error\":\"{says}\"}}"));
    assert_eq!(post(&api, "/api/v3/write_lp?db=db&accept_partial=false", &wide).await, refused);
    assert_eq!(post(&api, "/api/v2/write?bucket=db", &wide).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_unzipped_within_the_limit() {
    let api = Api::start();
    let gzip = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let send = |encoding: &'static str, body: Vec<u8>| {
        answer(api.request(Method::POST, "/api/v2/write?bucket=db").header("content-encoding", encoding).body(body))
    };
    assert_eq!(send("gzip", gzip(b"m x=1 1")).await.0, 204);
    assert_eq!(send("identity", b"m x=2 2".to_vec()).await.0, 204);
    assert_eq!(send("gzip", b"m x=1 1".to_vec()).await.0, 400);
    assert_eq!(send("br", b"m x=1 1".to_vec()).await.0, 400);
    assert_eq!(send("identity", vec![0xff, 0xfe]).await.0, 400);
    let (status, body) = send("gzip", gzip(&vec![b' '; 11 << 20])).await;
    assert_eq!((status, &json(&body)["code"]), (413, &json!("request too large")));
    assert_eq!(api.sql("db", "SELECT x FROM m ORDER BY time").await, "1.0\n2.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_without_tags_and_with_gaps_are_read_as_they_were_written() {
    let api = Api::start();
    api.write("m,host=a x=1i 1\nm y=2.5 2\nm,zone=z x=3i,y=0.5,s=\"t\" 3").await;
    let (_, rows) = api.get("/api/v3/query_sql?db=db&q=SELECT%20*%20FROM%20m%20ORDER%20BY%20time&format=json").await;
    assert_eq!(
        json(&rows),
        json!([
            {"host": "a", "x": 1, "time": "1970-01-01T00:00:01"},
            {"y": 2.5, "time": "1970-01-01T00:00:02"},
            {"zone": "z", "x": 3, "y": 0.5, "s": "t", "time": "1970-01-01T00:00:03"},
        ])
    );
}
