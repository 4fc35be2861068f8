//! What `process_request` returns, as clients get it over HTTP.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::{Client, Response};
use testkit::Server;

const PLUGIN: &str = r#"
class Flask:
    status_code, headers = 202, {"Content-Type": "text/custom"}
    def __flask_response__(self): return True
    def get_data(self): return "like flask"

def lines():
    for number in (1, 2, 3): yield f"Line {number}\n"

ANSWERS = {
    "str": lambda: "hello",
    "dict": lambda: {"a": "é", "n": float("nan")},
    "list": lambda: ["a", 1, None],
    "status": lambda: ("Created successfully", 201),
    "headers": lambda: ("a", {"X-Own": "1"}),
    "both": lambda: ("gone", 404, {"X-Own": "1"}),
    "error": lambda: ({"error": "not found"}, 404),
    "generator": lines,
    "flask": Flask,
    "bytes": lambda: b"\xff\x00",
    "ignored": lambda: ("a", "neither"),
    "number": lambda: (12, 200),
    "own": lambda: ("<svg/>", 200, {"content-type": "image/svg+xml"}),
    "none": lambda: None,
    "third": lambda: (200, {}, "x"),
    "set": lambda: {"a": {1}},
    "teapot": lambda: ("a", 70000),
    "raises": lambda: {}["missing"],
}

def process_request(influxdb3_local, query_parameters, request_headers, request_body, args=None):
    return ANSWERS[query_parameters["case"]]()
"#;

fn server(file: &str, code: &str, path: &str) -> (Server, String) {
    let server = Server::start();
    server.save(file, code);
    let _ = server.tell(&["create", "database", "db"]);
    let _ = server.tell(&["create", "trigger", "--path", file, "--trigger-spec", &format!("request:{path}"), "t"]);
    let url = format!("{}/api/v3/engine/{path}", server.url);
    (server, url)
}

async fn shown(response: Response) -> String {
    let header = |name| response.headers().get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let (status, content_type, own) = (response.status().as_u16(), header("content-type"), header("x-own"));
    format!("{status} {content_type} {own} {}", String::from_utf8_lossy(&response.bytes().await.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_converted_as_by_influxdb_3() {
    let (_server, url) = server("answers.py", PLUGIN, "answers");
    let client = Client::new();
    for (case, expected) in [
        ("str", "200 text/html - hello"),
        ("dict", "200 application/json - {\"a\": \"\\u00e9\", \"n\": NaN}"),
        ("list", "200 application/json - [\"a\", 1, null]"),
        ("status", "201 text/html - Created successfully"),
        ("headers", "200 text/html 1 a"),
        ("both", "404 text/html 1 gone"),
        ("error", "404 application/json - {\"error\": \"not found\"}"),
        ("generator", "200 text/html - Line 1\nLine 2\nLine 3\n"),
        ("flask", "202 text/custom - like flask"),
        ("bytes", "200 application/octet-stream - \u{fffd}\0"),
        ("ignored", "200 text/html - a"),
        ("number", "200 text/plain - 12"),
        ("own", "200 image/svg+xml - <svg/>"),
        ("teapot", "500 text/html - a"),
        ("none", "500 application/json - {\"error\":\"Unsupported return type from Python function\"}"),
        ("third", "500 application/json - {\"error\":\"expected a dictionary in header item\"}"),
        ("set", "500 application/json - {\"error\":\"TypeError: Object of type set is not JSON serializable\"}"),
        ("raises", "500 application/json - {\"error\":\"Python function call failed: KeyError: 'missing'\"}"),
    ] {
        let response = client.get(&url).query(&[("case", case)]).send().await.unwrap();
        assert_eq!(shown(response).await, expected, "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_gets_query_headers_and_body_as_by_influxdb_3() {
    let code = "
def process_request(local, query, headers, body, args=None):
    return repr((query, headers.get('x-own'), headers.get('authorization'), type(body).__name__, body, args))
";
    let (server, url) = server("echo.py", code, "nested/echo");
    let client = Client::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"packed").unwrap();
    let request = client.post(format!("{url}?a=1&b=x%20y%2Bz&a=2")).header("X-Own", "yes").bearer_auth("secret");
    let response = request.header("content-encoding", "gzip").body(gzip.finish().unwrap()).send().await.unwrap();
    assert_eq!(response.text().await.unwrap(), "({'a': '2', 'b': 'x y+z'}, 'yes', None, 'bytes', b'packed', None)");

    for (path, method, status) in [
        ("/api/v3/engine/nested", reqwest::Method::GET, "404 application/json - {\"error\":\"not found\"}"),
        ("/api/v3/engine/nested/echo", reqwest::Method::PUT, "404 text/plain; charset=utf-8 - Not found"),
    ] {
        let response = client.request(method, format!("{}{path}", server.url)).send().await.unwrap();
        assert_eq!(shown(response).await, status, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_takes_other_arguments_is_told_like_any_error() {
    let (_server, url) = server("arity.py", "def process_request(a, b): pass\n", "arity");
    let error =
        "Python function call failed: TypeError: process_request() takes 2 positional arguments but 5 were given";
    let response = Client::new().get(&url).send().await.unwrap();
    assert_eq!(shown(response).await, format!("500 application/json - {{\"error\":\"{error}\"}}"));
}
