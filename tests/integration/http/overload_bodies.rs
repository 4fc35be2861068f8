//! Bodies that are too much: for one request, or together.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use testkit::Server;
use tokio::time::Instant;

use super::{Answer, Api, answer, pause};

const WRITE: &str = "/api/v3/write_lp?db=db";

fn zeros(megabytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    (0..megabytes).for_each(|_| encoder.write_all(&[b'0'; 1 << 20]).unwrap());
    encoder.finish().unwrap()
}

async fn encoded(api: &Api, encoding: &str, body: Vec<u8>) -> Answer {
    answer(api.request(Method::POST, WRITE).header("content-encoding", encoding).body(body)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn little_that_becomes_much_is_refused() {
    let api = Api::start();
    let too_large = (413, "max request size (10485760 bytes) exceeded".to_owned());
    assert_eq!(encoded(&api, "gzip", zeros(64)).await, too_large);
    // A gzip file may be several, one after the other.
    assert_eq!(encoded(&api, "gzip", [zeros(4), zeros(4), zeros(4)].concat()).await, too_large);
    for encodings in ["gzip, gzip", "br", "deflate", "GZIP,identity"] {
        let refused = encoded(&api, encodings, zeros(1)).await;
        assert_eq!(refused, (400, format!("unacceptable content-encoding: {encodings}")));
    }
    assert_eq!(encoded(&api, "gzip", b"\x1f\x8b\x08\x00rubbish".to_vec()).await.0, 400);
}

/// Begins a write of 800 kB and does not finish it.
fn begin(api: &Api) -> TcpStream {
    let mut connection = TcpStream::connect(api.server.url.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let head = format!("POST {WRITE} HTTP/1.1\r\nHost: a\r\nContent-Length: 800000\r\n\r\n");
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&[b'#'; 700_000]).unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn all_bodies_together_take_only_so_much() {
    let api = Api::of(Server::start_with(|command, _| {
        command.args(["--max-buffered-bytes", "1MB"]);
    }));
    let mut first = begin(&api);
    // If the second were there before it, the first would be refused.
    pause(Duration::from_secs(2)).await;
    let begun = Instant::now();
    let refused = loop {
        let second = format!("m x=1 1\n#{}", "x".repeat(400_000));
        let response = api.request(Method::POST, WRITE).body(second).send().await.unwrap();
        if response.status() == 503 {
            break response;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "the first body does not come");
    };
    assert!(refused.headers().contains_key("retry-after"));
    assert!(refused.text().await.unwrap().starts_with("the server has too many bodies of requests in hand"));
    // What is small finds room, and what has begun comes to its end.
    api.write("m x=1 1").await;
    first.write_all(b"\nm x=2 2\n").unwrap();
    first.write_all(&[b'#'; 100_000 - 9]).unwrap();
    let mut status = [0; 12];
    first.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 204");
    api.write(&format!("m x=3 3\n#{}", "x".repeat(900_000))).await;
    assert_eq!(api.sql("db", "SELECT sum(x) FROM m").await, "6.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_bad_lines_are_told_of_within_bounds() {
    let api = Api::start();
    let lines = format!("m x=1 1\n{}m x=2 2\n", "b\n".repeat(100_000));
    let (status, told) = answer(api.request(Method::POST, WRITE).body(lines)).await;
    assert_eq!((status, told.matches("line_number").count()), (400, 1_000));
    assert_eq!(api.sql("db", "SELECT sum(x) FROM m").await, "3.0");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_take_only_so_much() {
    let api = Api::of(Server::start_with(|command, _| {
        command.args(["--max-stored-bytes", "100kB"]);
    }));
    api.write(&(0..5_000).map(|n| format!("m x=1 {n}\n")).collect::<String>()).await;
    let response = api.request(Method::POST, WRITE).body("m x=1").send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert!(response.text().await.unwrap().contains("delete tables"));
    assert_eq!(api.delete("/api/v3/configure/table?db=db&table=m").await.0, 200);
    api.write("m x=1").await;
}
