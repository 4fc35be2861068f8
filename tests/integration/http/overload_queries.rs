//! Queries that are too many, too long or too large; writes go on meanwhile.

use std::time::Duration;

use arrow_flight::Ticket;
use arrow_flight::flight_service_client::FlightServiceClient;
use futures::future::join_all;
use reqwest::Method;
use serde_json::json;
use testkit::Server;
use tokio::time::Instant;
use tonic::Code;
use tonic::transport::Channel;

use super::{Answer, Api, answer, pause};

/// Never ends by itself, and keeps a thread busy.
const HEAVY: &str = "SELECT count(*) FROM generate_series(1, 10000000) a, generate_series(1, 10000000) b WHERE a.value * 3 = b.value + 1 OR a.value > b.value";

fn start(flags: &[&str]) -> Api {
    Api::of(Server::start_with(|command, _| {
        command.args(flags);
    }))
}

async fn ask(api: &Api, sql: &str) -> Answer {
    answer(api.request(Method::POST, "/api/v3/query_sql").json(&json!({"db": "db", "q": sql}))).await
}

async fn over_flight(api: &Api, sql: &str) -> tonic::Status {
    let channel = Channel::from_shared(api.server.url.clone()).unwrap().connect().await.unwrap();
    let ticket = Ticket::new(json!({"database": "db", "sql_query": sql}).to_string());
    let mut stream = match FlightServiceClient::new(channel).do_get(ticket).await {
        Err(status) => return status,
        Ok(answer) => answer.into_inner(),
    };
    loop {
        match stream.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("{sql} has a result"),
            Err(status) => return status,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_takes_too_long_is_ended() {
    let api = start(&["--query-timeout", "1s"]);
    api.write("m x=1 1").await;
    let (status, reason) = ask(&api, HEAVY).await;
    assert_eq!(status, 400);
    assert!(reason.contains("takes longer than it may") && reason.ends_with("allowed=`1s`"), "{reason}");
    assert_eq!(over_flight(&api, HEAVY).await.code(), Code::DeadlineExceeded);
    let running = "SELECT count(*) FROM system.queries WHERE running AND query_text NOT LIKE '%system.queries%'";
    api.soon("db", running, "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_queries_is_answered_while_writes_go_on() {
    let api = start(&["--max-concurrent-queries", "2", "--query-timeout", "4s"]);
    api.write("m x=1 1").await;
    let before = api.server.open_files();
    let flood = join_all((0..32).map(|_| ask(&api, HEAVY)));
    let others = async {
        pause(Duration::from_millis(500)).await;
        for number in 0..20 {
            let begun = Instant::now();
            api.write(&format!("m x=1 {number}")).await;
            assert!(begun.elapsed() < Duration::from_secs(2), "a write took {:?}", begun.elapsed());
        }
        over_flight(&api, "SELECT 1").await
    };
    let (answers, refused) = tokio::join!(flood, others);
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused}");
    let of = |wanted: u16| answers.iter().filter(|(status, _)| *status == wanted).count();
    // Two run at a time and eight wait; the others are told at once.
    assert!(of(429) >= 22 && of(400) >= 2 && of(429) + of(400) == 32, "{answers:?}");
    assert!(answers.iter().any(|(_, reason)| reason == "too many queries run; try again in a while. allowed=`2`"));
    // One of the writes was to the time of the first.
    api.soon("db", "SELECT count(*) FROM m", "20").await;
    // What is left are the connections that the client keeps for later.
    assert!(api.server.open_files() <= before + 40);
    // The thread that planned the last query may still be on its way out.
    let begun = Instant::now();
    while api.server.threads("tidegate-plan") > 0 {
        assert!(begun.elapsed() < Duration::from_secs(10), "planning goes on");
        pause(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_holds_too_much_is_told_so() {
    let api = start(&["--query-memory", "2MiB"]);
    api.write("m x=1 1").await;
    let sql = "SELECT array_agg(value) FROM generate_series(1, 1000000)";
    let (status, reason) = ask(&api, sql).await;
    assert_eq!(status, 400);
    assert!(reason.contains("holds more in memory than it may"), "{reason}");
    assert_eq!(over_flight(&api, sql).await.code(), Code::InvalidArgument);
    assert_eq!(ask(&api, "SELECT x FROM m").await, (200, r#"[{"x":1.0}]"#.to_owned()));
}

/// How long the slowest but one of a hundred writes takes.
async fn slowest_writes(api: &Api) -> Duration {
    let mut times = Vec::new();
    for number in 0..100 {
        let begun = Instant::now();
        api.write(&format!("w x=1 {number}")).await;
        times.push(begun.elapsed());
    }
    times.sort();
    times[98]
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_do_not_wait_for_queries_nor_for_their_planning() {
    let api = start(&["--query-timeout", "60s", "--max-concurrent-queries", "32"]);
    api.write("m x=1 1").await;
    let alone = slowest_writes(&api).await;
    let union = vec!["SELECT x + 1 AS x FROM m WHERE x > 0"; 60].join(" UNION ALL ");
    let planned = format!("SELECT count(*) FROM ({union})");
    let queries = async {
        let heavy = join_all((0..16).map(|_| ask(&api, HEAVY)));
        let planning = join_all((0..16).map(|_| async {
            loop {
                ask(&api, &planned).await;
            }
        }));
        tokio::join!(heavy, planning)
    };
    let beside = tokio::select! {
        _ = queries => panic!("they do not end so soon"),
        slowest = async {
            pause(Duration::from_secs(1)).await;
            slowest_writes(&api).await
        } => slowest,
    };
    eprintln!("p99 of a write: {alone:?} alone, {beside:?} beside 32 queries");
    // Other tests run on the same cores: what is caught here is waiting for a query.
    assert!(beside < alone * 20 + Duration::from_millis(500), "{alone:?} alone, {beside:?} beside 32 queries");
}
