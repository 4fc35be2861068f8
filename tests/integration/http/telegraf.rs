//! Requests as Telegraf's `influxdb_v2` output sends them, byte for byte over a
//! bare connection, and the statuses by which it decides what to do next.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use flate2::Compression;
use flate2::write::GzEncoder;
use testkit::Server;

use super::Api;

/// What Go's client sends for `http.NewRequest("POST", …, io.NopCloser(…))`: the
/// length of the body is hidden from it, so the body comes in chunks.
fn request(server: &Server, query: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let host = server.url.trim_start_matches("http://");
    let mut request = format!(
        "POST /api/v2/write?{query} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Telegraf/1.36.1 Go/1.25.0\r\n\
         Transfer-Encoding: chunked\r\nAuthorization: Token secret\r\n{headers}Content-Type: text/plain; charset=utf-8\r\n\
         Accept-Encoding: gzip\r\n\r\n{:x}\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request.extend_from_slice(b"\r\n0\r\n\r\n");
    request
}

/// Sends requests over one connection, as Telegraf keeps it, and returns status
/// line and body of each answer.
fn send(server: &Server, requests: &[Vec<u8>]) -> Vec<(String, String)> {
    let mut connection = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    requests
        .iter()
        .map(|request| {
            connection.write_all(request).unwrap();
            read(&mut connection)
        })
        .collect()
}

fn read(connection: &mut TcpStream) -> (String, String) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        connection.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    (head.lines().next().unwrap().to_owned(), String::from_utf8(body).unwrap())
}

fn gzip(lines: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(lines.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// What the outputs of `cpu` and `mem` look like.
const BATCH: &str = "cpu,cpu=cpu-total,host=web\\ 1 usage_user=12.5,usage_idle=80i 1700000000000000000\n\
                     mem,host=web\\ 1 used_percent=40.25,free=1024u,swapped=false 1700000000000000000\n";

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_written_with_and_without_gzip() {
    let api = Api::start();
    let requests = [
        request(&api.server, "bucket=telegraf&org=", "Content-Encoding: gzip\r\n", &gzip(BATCH)),
        request(&api.server, "bucket=telegraf&org=acme", "", BATCH.replace("web\\ 1", "web2").as_bytes()),
        request(&api.server, "bucket=telegraf&org=acme&precision=s", "", b"up,host=x value=1i 1700000000\n"),
    ];
    for (status, body) in send(&api.server, &requests) {
        assert_eq!((status.as_str(), body.as_str()), ("http/1.1 204 no content", ""));
    }
    assert_eq!(
        api.sql("telegraf", "SELECT host, usage_user, usage_idle, time FROM cpu ORDER BY host").await,
        "web 1,12.5,80,2023-11-14T22:13:20\nweb2,12.5,80,2023-11-14T22:13:20"
    );
    assert_eq!(api.sql("telegraf", "SELECT DISTINCT used_percent, free, swapped FROM mem").await, "40.25,1024,false");
    assert_eq!(api.sql("telegraf", "SELECT value, time FROM up").await, "1,2023-11-14T22:13:20");
}

/// It drops a batch on 400, 404 and 422, halves it on 413, keeps it on 401 and
/// 403, and waits on 429 and 503. In each case it shows `message`.
#[tokio::test(flavor = "multi_thread")]
async fn it_drops_what_is_malformed_and_halves_what_is_too_large() {
    let server = Server::start_with(|command, _| {
        command.args(["--max-http-request-size", "1000"]);
    });
    let requests = [
        request(&server, "bucket=telegraf&org=", "", b"cpu usage=1,\n"),
        request(&server, "bucket=telegraf&org=", "", "cpu usage=1\n".repeat(100).as_bytes()),
        request(&server, "bucket=telegraf&org=", "Content-Encoding: gzip\r\n", &gzip(&"cpu usage=1\n".repeat(100))),
    ];
    for (sent, (expected, code)) in
        requests.iter().zip([("400", "invalid"), ("413", "request too large"), ("413", "request too large")])
    {
        let (status, body) = send(&server, std::slice::from_ref(sent)).remove(0);
        assert_eq!(status.split(' ').nth(1), Some(expected));
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(body["code"], code);
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_a_batch_for_which_its_token_is_wrong() {
    let server = Server::start_guarded(|_, _| {});
    let sent = request(&server, "bucket=telegraf&org=", "", BATCH.as_bytes());
    let (status, _) = send(&server, &[sent]).remove(0);
    assert_eq!(status, "http/1.1 401 unauthorized");
}
