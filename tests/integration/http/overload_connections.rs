//! Clients that keep the server waiting: their connections end, and others do
//! not notice.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use arrow_flight::Ticket;
use arrow_flight::flight_service_client::FlightServiceClient;
use reqwest::Client;
use testkit::Server;
use tokio::time::Instant;
use tonic::transport::Channel;

use super::{Api, pause};

/// A server that waits for nobody for longer than a second or two.
fn impatient() -> Api {
    Api::of(Server::start_with(|command, _| {
        command.args(["--head-timeout", "1s", "--stall-timeout", "1s", "--idle-timeout", "2s"]);
        command.args(["--max-connections", "40"]);
    }))
}

fn connect(api: &Api, bytes: &str) -> TcpStream {
    let mut connection = TcpStream::connect(api.server.url.trim_start_matches("http://")).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    connection.write_all(bytes.as_bytes()).unwrap();
    connection
}

/// All that comes until the server ends the connection.
fn to_the_end(mut connection: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = connection.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

/// What somebody else gets meanwhile, which must not take long.
async fn others_are_answered(api: &Api) {
    let begun = Instant::now();
    assert_eq!(api.get("/health").await, (200, "OK".to_owned()));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Waits until the server has no more files open than before.
async fn nothing_is_left(api: &Api, before: usize) {
    let begun = Instant::now();
    while api.server.open_files() > before {
        assert!(begun.elapsed() < Duration::from_secs(30), "{} files, not {before}", api.server.open_files());
        pause(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_does_not_come_ends_the_connection() {
    let api = impatient();
    others_are_answered(&api).await;
    let before = api.server.open_files();
    let heads = ["", "G", "GET /health HTTP/1.1\r\nHost: a\r\nx: ", "PRI * HTTP/2.0\r\n"];
    let slow: Vec<_> = heads.iter().map(|head| connect(&api, head)).collect();
    others_are_answered(&api).await;
    for connection in slow {
        assert_eq!(to_the_end(connection), "");
    }
    nothing_is_left(&api, before).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_is_told_so() {
    let api = impatient();
    let head = "POST /api/v3/write_lp?db=db HTTP/1.1\r\nHost: a\r\n";
    for stands in [
        format!("{head}Content-Length: 100\r\n\r\nm x=1"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n5\r\nm x=1\r\n"),
    ] {
        let answer = to_the_end(connect(&api, &stands));
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.ends_with("the body came too slowly"), "{answer}");
    }
    assert_eq!(api.get("/api/v3/query_sql?db=db&q=SELECT%201").await.0, 404, "half a body was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_without_a_request_ends() {
    let api = impatient();
    let answer = to_the_end(connect(&api, "GET /health HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("OK"), "{answer}");
}

/// Goes on for ever, and fills all pipes.
const ENDLESS: &str = "SELECT value, 'endless' AS text FROM generate_series(1, 1000000000000)";
const PHASE: &str = "SELECT phase FROM system.queries WHERE query_text LIKE '%endless%' \
                     AND query_text NOT LIKE '%system.queries%'";

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_ends_with_its_query() {
    let api = impatient();
    api.write("m x=1 1").await;
    let before = api.server.open_files();
    let sql = ENDLESS.replace(' ', "%20");
    let mut unread = connect(&api, &format!("GET /api/v3/query_sql?db=db&q={sql} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let mut status = [0; 12];
    unread.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    api.soon("db", PHASE, "cancel").await;
    others_are_answered(&api).await;
    drop(unread);
    nothing_is_left(&api, before + 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_of_http_2_that_nobody_reads_ends_with_its_query() {
    let api = impatient();
    api.write("m x=1 1").await;
    let channel = Channel::from_shared(api.server.url.clone()).unwrap().connect().await.unwrap();
    let mut client = FlightServiceClient::new(channel);
    let ticket = serde_json::json!({"database": "db", "sql_query": ENDLESS});
    let unread = client.do_get(Ticket::new(ticket.to_string())).await.unwrap();
    api.soon("db", PHASE, "cancel").await;
    // The connection goes on.
    let ticket = serde_json::json!({"database": "db", "sql_query": "SELECT 1"});
    assert!(client.do_get(Ticket::new(ticket.to_string())).await.is_ok());
    drop(unread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_connections_leaves_places_to_others() {
    let api = impatient();
    let elsewhere = Client::builder().local_address(Some([127, 0, 0, 2].into())).build().unwrap();
    let before = api.server.open_files();
    let flood: Vec<_> = (0..60).map(|_| connect(&api, "")).collect();
    let refused = to_the_end(connect(&api, ""));
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n") && refused.ends_with("try again in a while"), "{refused}");
    let answered = elsewhere.get(format!("{}/health", api.server.url)).send().await.unwrap();
    assert_eq!(answered.status(), 200);
    drop((flood, elsewhere));
    nothing_is_left(&api, before + 1).await;
    others_are_answered(&api).await;
}

/// How much time of a processor the server has used, in hundredths of a second.
fn used(api: &Api) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", api.server.process_id())).unwrap();
    let (_, fields) = stat.rsplit_once(')').unwrap();
    fields.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_files_left_the_server_waits_and_goes_on() {
    let api = Api::of(Server::start_with(|command, _| {
        command.args(["--head-timeout", "60s"]);
    }));
    others_are_answered(&api).await;
    let (process, files) = (api.server.process_id().to_string(), api.server.open_files() + 10);
    let limited = Command::new("prlimit").args(["--pid", &process, &format!("--nofile={files}")]).status().unwrap();
    assert!(limited.success());
    let flood: Vec<_> = (0..40).map(|_| connect(&api, "")).collect();
    let before = used(&api);
    pause(Duration::from_secs(2)).await;
    assert!(used(&api) - before < 100, "it spins: {} hundredths of a second in two", used(&api) - before);
    drop(flood);
    others_are_answered(&api).await;
}
