//! Bad input of every kind: always an answer, never 500.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Api, TRIGGER, answer, definition};

/// Each route that takes a body, with a method.
const ROUTES: [(&str, &str); 27] = [
    ("POST", "/write?db=db"),
    ("POST", "/api/v2/write?bucket=db"),
    ("POST", "/api/v3/write_lp?db=db"),
    ("POST", "/api/v3/query_sql"),
    ("POST", "/api/v3/configure/database"),
    ("PUT", "/api/v3/configure/database"),
    ("POST", "/api/v3/configure/table"),
    ("POST", "/api/v3/configure/processing_engine_trigger"),
    ("PUT", "/api/v3/configure/processing_engine_trigger"),
    ("DELETE", "/api/v3/configure/processing_engine_trigger"),
    ("POST", "/api/v3/configure/processing_engine_trigger/enable"),
    ("POST", "/api/v3/configure/processing_engine_trigger/run"),
    ("POST", "/api/v3/plugins/files"),
    ("PUT", "/api/v3/plugins/files"),
    ("PUT", "/api/v3/plugins/directory"),
    ("POST", "/api/v3/plugin_test/wal"),
    ("POST", "/api/v3/plugin_test/schedule"),
    ("POST", "/api/v3/plugin_test/request"),
    ("POST", "/api/v3/configure/tenant"),
    ("PUT", "/api/v3/configure/tenant"),
    ("POST", "/api/v3/configure/token"),
    ("POST", "/api/v3/configure/token/named_admin"),
    ("POST", "/api/v3/configure/token/admin"),
    ("POST", "/api/v3/engine/none"),
    ("POST", "/arrow.flight.protocol.FlightService/DoGet"),
    ("POST", "/arrow.flight.protocol.FlightService/Nothing"),
    ("PATCH", "/nowhere"),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_body_makes_any_route_fail() {
    let api = Api::start();
    api.write("m x=1 1").await;
    let deep = "[".repeat(50_000);
    let bodies: [&[u8]; 12] = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe\x00",
        b"{\"db\": 5}",
        b"{\"db\": \"db\", \"trigger_name\": \"\\u0000\", \"q\": \"\\u0000\", \"table\": \"\\n\"}",
        b"{\"db\": \"\", \"plugin_name\": \"\", \"token_name\": \"\", \"content\": null, \"files\": [{}]}",
        b"m,=,,= = = 99999999999999999999999999\n\\",
        b"{\"filename\": \"x\", \"database\": \"db\", \"input_lp\": \"\", \"limits\": {\"fuel\": -1}}",
        deep.as_bytes(),
    ];
    for (method, path) in ROUTES {
        for body in bodies {
            for content_type in ["application/json", "text/plain", "application/grpc", "\u{7f}"] {
                let request = api.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
                let Ok(value) = reqwest::header::HeaderValue::from_bytes(content_type.as_bytes()) else { continue };
                let (status, text) = answer(request.header("content-type", value).body(body.to_vec())).await;
                let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
                assert!(status < 500, "{method} {path} {content_type} {shown}: {status} {text}");
            }
        }
    }
    // It is all still there.
    assert_eq!(api.sql("db", "SELECT x FROM m").await, "1.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_query_string_makes_any_route_fail() {
    let api = Api::start();
    api.write("m x=1 1").await;
    let routes = [
        "/write",
        "/api/v2/write",
        "/api/v3/write_lp",
        "/api/v3/query_sql",
        "/api/v3/configure/database",
        TRIGGER,
        "/api/v3/configure/processing_engine_trigger/log",
        "/api/v3/configure/processing_engine_trigger/runs",
        "/api/v3/configure/table",
        "/api/v3/configure/database/retention_period",
        "/api/v3/configure/token",
        "/api/v3/engine/a",
    ];
    let queries = [
        "",
        "?",
        "?db",
        "?db=",
        "?db=%00",
        "?db=%ff",
        "?db=a&db=b",
        "?db=db&q=%00",
        "?db=db&q=SELECT%201&params=%7B",
        "?db=db&precision=%20",
        "?db=db&accept_partial=perhaps",
        "?db=db&trigger_name=%F0%9F",
        "?%=%",
        "?db=db&limit=-1",
        "?db=db&trigger_settings=x&trigger_name=y",
        "?bucket=../..",
        "?db=db&duration=-1s",
        "?db=db&hard_delete_at=x",
        "?token_name=%0a",
    ];
    for path in routes {
        for query in queries {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                let (status, text) = answer(api.request(method.clone(), &format!("{path}{query}")).body("m x=1")).await;
                assert!(status < 500, "{method} {path}{query}: {status} {text}");
            }
        }
    }
}

/// What `bytes` over a bare connection are answered with, as far as it comes at
/// once.
fn raw(api: &Api, bytes: &[u8]) -> String {
    let mut connection = TcpStream::connect(api.server.url.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(bytes).unwrap();
    let mut answer = [0; 1_000];
    let read = connection.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hardly_http_is_answered_too() {
    let api = Api::start();
    let long = "x".repeat(500_000);
    for (name, request, expected) in [
        ("no http at all", "hello\r\n\r\n".to_owned(), "400"),
        ("another version", "GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("a bad header", "GET /health HTTP/1.1\r\nHost: a\r\na b: c\r\n\r\n".to_owned(), "400"),
        (
            "two lengths",
            "POST /write?db=db HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".to_owned(),
            "400",
        ),
        ("a bad length", "POST /write?db=db HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".to_owned(), "400"),
        (
            "a bad chunk",
            "POST /write?db=db HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
            "400",
        ),
        ("too long a path", format!("GET /{long} HTTP/1.1\r\nHost: a\r\n\r\n"), "4"),
        ("too long a header", format!("GET /health HTTP/1.1\r\nHost: a\r\nx: {long}\r\n\r\n"), "431"),
        ("a header that is no text", "GET /api/v3/engine/x HTTP/1.1\r\nHost: a\r\nx: \u{e9}\r\n\r\n".to_owned(), "404"),
    ] {
        let answer = raw(&api, request.as_bytes());
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{name}: {}", &answer[..answer.len().min(200)]);
    }
    assert_eq!(api.get("/health").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_never_ends_or_is_cut_off_is_refused() {
    let api = Api::start();
    let mut cut = TcpStream::connect(api.server.url.trim_start_matches("http://")).unwrap();
    cut.write_all(b"POST /api/v3/write_lp?db=db HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nm x=1").unwrap();
    drop(cut);
    assert_eq!(api.get("/api/v3/query_sql?db=db&q=SELECT%201").await.0, 404, "half a body was written");
    let (status, why) = answer(api.request(Method::POST, "/api/v3/write_lp?db=db").body(vec![b'x'; 11 << 20])).await;
    assert_eq!((status, why.as_str()), (413, "max request size (10485760 bytes) exceeded"));
    let json: Value = json!({"db": "x".repeat(11 << 20)});
    assert_eq!(api.post("/api/v3/configure/database", json).await.0, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_says_which_server_it_is_from() {
    let api = Api::start();
    for path in ["/health", "/nothing", "/api/v3/query_sql"] {
        let response = api.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.headers()["cluster-uuid"].len(), 36, "{path}");
        assert_eq!(response.headers()["access-control-allow-origin"], "*");
    }
    let ping = api.request(Method::POST, "/ping").send().await.unwrap();
    for header in ["x-influxdb-version", "x-influxdb-build", "request-id"] {
        assert!(ping.headers().contains_key(header), "{header}");
    }
    let ping: Value = ping.json().await.unwrap();
    assert!(ping["version"].is_string() && ping["process_id"].is_string(), "{ping}");
    assert_eq!(api.get("/api/v1/health").await, (200, "OK".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_takes_the_answer_away() {
    let api = Api::start();
    api.write("cpu n=1 1").await;
    for sql in [
        "SELECT map([], [])",
        "SELECT arrow_cast(1, 'Timestamp(Second, Some(\"Bad/Zone\"))')",
        "SELECT approx_percentile_cont(n, 0.5, 9223372036854775807) FROM cpu",
        "SELECT repeat('a', 2000000000)",
        "SELECT arrow_cast(NULL, 'FixedSizeList(2147483647, Int64)')",
        "SELECT INTERVAL '1 year' * 9223372036854775807",
        "SELECT 9223372036854775807 + n FROM cpu OFFSET 18446744073709551615",
    ] {
        for format in ["json", "jsonl", "csv", "pretty", "parquet"] {
            let query = [("db", "db"), ("q", sql), ("format", format)];
            let response = api.request(Method::GET, "/api/v3/query_sql").query(&query).send().await.expect("an answer");
            let status = response.status();
            assert!(status.is_success() || status.is_client_error(), "{sql} as {format}: {status}");
            assert!(response.bytes().await.is_ok(), "{sql} as {format}: the body ends before its end");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_leave_nothing_half_done() {
    let mut api = Api::start();
    api.trigger("t", "request:t", "def process_request(local, query, headers, body, args=None): return 'x'\n").await;
    for number in 0..150_u64 {
        let (name, path) = (format!("g{number}"), format!("request:g{number}"));
        let created = api.request(Method::POST, TRIGGER).json(&definition(&name, "t.py", &path));
        let database = api.request(Method::POST, "/api/v3/configure/database").json(&json!({"db": name}));
        for request in [created, database] {
            let _ = tokio::time::timeout(Duration::from_micros(number * 40), request.send()).await;
        }
    }
    // Whatever was done can be undone, and what was not can be done.
    for number in 0..150_u64 {
        let name = format!("g{number}");
        let (deleted, _) = api.delete(&format!("{TRIGGER}?db=db&trigger_name={name}&force=true")).await;
        assert!([200, 404].contains(&deleted), "{name}: {deleted}");
        let created = api.post(TRIGGER, definition(&name, "t.py", &format!("request:{name}"))).await;
        assert_eq!(created, (200, String::new()), "{name}");
    }
    let listed = api.get("/api/v3/configure/database?format=csv").await;
    api.server.restart();
    assert_eq!(api.get("/api/v3/configure/database?format=csv").await, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn triggers_made_while_their_database_goes_are_gone_or_there() {
    let api = Api::start();
    api.server.save("t.py", "def process_request(local, query, headers, body, args=None): return 'x'\n");
    for _ in 0..20 {
        assert!([200, 409].contains(&api.post("/api/v3/configure/database", json!({"db": "db"})).await.0));
        let create = |name: &'static str| {
            api.post(
                TRIGGER,
                definition(
                    name,
                    "t.py",
                    match name {
                        "a" => "request:a",
                        _ => "request:b",
                    },
                ),
            )
        };
        let (a, _, b) = tokio::join!(create("a"), api.delete("/api/v3/configure/database?db=db"), create("b"));
        for (status, text) in [a, b] {
            assert!([200, 404, 409].contains(&status), "{status} {text}");
        }
        let _ = api.delete("/api/v3/configure/database?db=db").await;
        assert_eq!(api.get(TRIGGER).await, (200, "[]".to_owned()));
        for path in ["a", "b"] {
            assert_eq!(api.get(&format!("/api/v3/engine/{path}")).await.0, 404);
        }
    }
}
