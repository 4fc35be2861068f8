//! `http`, through the real ABI, to real servers on loopback.

use std::time::Duration;

use testkit::{Authority, Harness, Start, Target};
use tidegate::{Event, Limit, Request, RunRecord};

/// Sends a request as the arguments say, follows redirects as libraries do,
/// and tells what came of it.
const ASK: &str = "
from componentize_py_types import Err
from wit_world.imports import http

def ask(local, url, args):
    timeout = int(args['timeout_ms']) * 1_000_000 if 'timeout_ms' in args else None
    try:
        answer = http.send(http.Request(args.get('method', 'GET'), url, [('x-a', 'b')], b'hello', timeout))
    except Err as error:
        kind = type(error.value).__name__.removeprefix('HttpError_')
        local.info(kind, getattr(error.value, 'value', ''))
        return
    local.info(answer.status, dict(answer.headers), answer.body)
    if answer.status == 302:
        ask(local, dict(answer.headers)['location'], args)

def process_writes(local, table_batches, args=None):
    for _ in range(int(args.get('times', 1))):
        ask(local, args['url'], args)

def process_request(local, query, headers, body, args=None):
    process_writes(local, [], args)
";

fn asking(url: &str, grants: &[String]) -> Start {
    Start::python("all_tables", ASK).argument("url", url).http(grants)
}

fn get(target: &Target) -> [String; 1] {
    [format!("GET {}", target.origin())]
}

async fn ran(start: Start) -> (RunRecord, Harness) {
    let mut harness = start.start().await;
    let record = harness.run("cpu usage=1i").await;
    (record, harness)
}

/// What the plugin was told.
async fn told(start: Start) -> String {
    let (record, mut harness) = ran(start).await;
    assert_eq!(record.error, None, "{}", harness.log());
    let log = harness.log();
    let lines: Vec<_> = log.lines().filter(|line| !line.contains("execution")).collect();
    lines.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_names_the_grant_that_is_missing() {
    let mut harness = Start::evil("request-without-grant").argument("url", "http://10.0.0.1:80/secret").start().await;
    let error = harness.run("cpu usage=1i").await.error.unwrap();
    assert!(error.contains("needs=`--grant 'http=GET http://10.0.0.1'`"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_request_is_sent_and_answered() {
    let target = Target::http().await;
    let grants = [format!("POST {}", target.origin())];
    let start = asking(&format!("{}/ok?a=1", target.origin()), &grants).argument("method", "POST");
    let (record, mut harness) = ran(start).await;
    let log = harness.log();
    assert!(log.contains("INFO: 200 {'content-length': '5', 'x-target': 'yes'} b'hello'"), "{log}");
    assert_eq!(record.usage.http_requests, 1);
    let sent = target.requests();
    let lines: Vec<_> = sent[0].trim_end().split("\r\n").collect();
    assert_eq!(lines[0], "POST /ok?a=1 HTTP/1.1");
    let mut headers = lines[1..].to_vec();
    headers.sort_unstable();
    let host = format!("host: 127.0.0.1:{}", target.port());
    assert_eq!(headers, ["content-length: 5", &host, "tidegate-plugin: 1", "x-a: b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_method_port_or_scheme_is_not_granted() {
    let (target, other) = (Target::http().await, Target::http().await);
    let grants = get(&target);
    for (method, url) in [
        ("POST", target.origin()),
        ("GET", other.origin()),
        ("GET", target.origin_of("localhost")),
        ("GET", format!("https://127.0.0.1:{}", target.port())),
    ] {
        let told = told(asking(&url, &grants).argument("method", method)).await;
        let needs = format!("needs=`--grant 'http={method} {url}'`");
        assert!(told.starts_with("INFO: Denied") && told.ends_with(&needs), "{told}");
    }
    assert_eq!((target.requests(), other.requests()), (Vec::new(), Vec::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_checked_like_a_first_request() {
    let (target, other) = (Target::http().await, Target::http().await);
    let url = format!("{}/to?{}/ok", target.origin(), other.origin());
    let refused = told(asking(&url, &get(&target))).await;
    let needs = format!("needs=`--grant 'http=GET {}'`", other.origin());
    assert!(refused.contains("INFO: 302") && refused.ends_with(&needs), "{refused}");
    assert_eq!(other.requests(), Vec::<String>::new());
    let both = [get(&target), get(&other)].concat();
    let followed = told(asking(&url, &both)).await;
    assert!(followed.contains("INFO: 302") && followed.contains("INFO: 200"), "{followed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_ends_with_the_requests_timeout_or_with_the_run() {
    let target = Target::http().await;
    let url = format!("{}/slow", target.origin());
    assert_eq!(told(asking(&url, &get(&target)).argument("timeout_ms", "200")).await, "INFO: TimedOut ");
    let begun = tokio::time::Instant::now();
    let (record, _) = ran(asking(&url, &get(&target)).limit(Limit::Deadline, 1_500)).await;
    assert!(record.error.unwrap().contains("limit=`deadline_ms`"));
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_too_large_or_never_ends_is_cut_off() {
    let target = Target::http().await;
    for (path, says) in [
        ("claims", "limit=`http_response_bytes` allowed=`8388608`"),
        ("huge", "limit=`http_response_bytes` allowed=`8388608`"),
        ("headers", "headers are larger than allowed"),
        ("many-headers", "headers are larger than allowed"),
    ] {
        let told = told(asking(&format!("{}/{path}", target.origin()), &get(&target))).await;
        assert!(told.starts_with("INFO: TooLarge") && told.contains(says), "{path}: {told}");
    }
    let endless = asking(&format!("{}/endless", target.origin()), &get(&target));
    let told = told(endless.limit(Limit::HttpResponseBytes, 1_000)).await;
    assert!(told.starts_with("INFO: TooLarge") && told.contains("allowed=`1000`"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_answer_is_told_with_its_reason() {
    let target = Target::http().await;
    let told_of = async |path: &str| told(asking(&format!("{}{path}", target.origin()), &get(&target))).await;
    assert!(told_of("/garbage").await.starts_with("INFO: Unreachable no answer: "));
    assert!(told_of("/nothing").await.starts_with("INFO: Unreachable no answer: "));
    let chunked = told_of("/chunked").await;
    assert_eq!(chunked, "INFO: 200 {} b'hello'", "the body is whole, and no header says otherwise");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{closed}");
    let refused = told(asking(&url, &[format!("GET {url}")])).await;
    assert!(refused.contains("Connection refused") && refused.contains(&format!("origin=`{url}`")), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_spoken_with_who_proves_to_be_the_host() {
    let (trusted, stranger) = (Authority::new("trusted"), Authority::new("stranger"));
    let right = Target::https(&trusted, "127.0.0.1").await;
    let answered = told(asking(&format!("{}/ok", right.origin()), &get(&right)).trusting(&trusted)).await;
    assert!(answered.starts_with("INFO: 200") && answered.ends_with("b'hello'"), "{answered}");
    let untrusted = Target::https(&stranger, "127.0.0.1").await;
    let other_name = Target::https(&trusted, "other.example").await;
    for (target, says) in [(untrusted, "UnknownIssuer"), (other_name, "not valid for name")] {
        let told = told(asking(&format!("{}/ok", target.origin()), &get(&target)).trusting(&trusted)).await;
        assert!(told.starts_with("INFO: Unreachable no trusted connection") && told.contains(says), "{told}");
        assert_eq!(target.requests(), Vec::<String>::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_a_private_address_needs_a_grant_that_says_so() {
    let target = Target::http().await;
    let origin = target.origin_of("metrics.internal");
    let ask = |grant: String| asking(&format!("{origin}/ok"), &[grant]).name("metrics.internal", "127.0.0.1");
    let refused = told(ask(format!("GET {origin}"))).await;
    assert!(
        refused.starts_with("INFO: Denied the host's name leads into the server's network (loopback)"),
        "{refused}"
    );
    assert!(refused.ends_with(&format!("needs=`--grant 'http=GET {origin} private'`")), "{refused}");
    assert_eq!(target.requests(), Vec::<String>::new());
    let answered = told(ask(format!("GET {origin} private"))).await;
    assert!(answered.starts_with("INFO: 200"), "{answered}");
    let unknown = told(asking("http://unknown.internal", &["GET http://unknown.internal".to_owned()])).await;
    assert!(unknown.starts_with("INFO: Unreachable the host's name cannot be resolved"), "{unknown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn localhost_is_granted_by_its_name() {
    let target = Target::http().await;
    let origin = target.origin_of("localhost");
    let answered = told(asking(&format!("{origin}/ok"), &[format!("* {origin}")])).await;
    assert!(answered.starts_with("INFO: 200"), "{answered}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_sends_too_many_requests_is_stopped() {
    let target = Target::http().await;
    let start = asking(&format!("{}/ok", target.origin()), &get(&target)).argument("times", "4");
    let (record, _) = ran(start.limit(Limit::HttpRequests, 3)).await;
    assert!(record.error.unwrap().ends_with("limit=`http_requests` used=`3` allowed=`3`"));
    assert_eq!(target.requests().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_only_asks() {
    let target = Target::http().await;
    for (method, says) in [("GET", "200"), ("HEAD", "200"), ("POST", "dry run: only GET and HEAD are sent")] {
        let start = Start::python("request:dry", ASK).argument("url", &format!("{}/ok", target.origin()));
        let start = start.argument("method", method).http([format!("* {}", target.origin())]);
        let mut harness = start.start().await;
        harness.dry_run(Event::Request(Request::default())).await;
        assert!(harness.log().contains(says), "{method}: {}", harness.log());
    }
    assert_eq!(target.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_given_up_gives_up_its_request() {
    let target = Target::http().await;
    let url = format!("{}/slow", target.origin());
    let harness = asking(&url, &get(&target)).start().await;
    harness.write("cpu usage=1i").await;
    while target.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(target.open(), 1);
    harness.runtime.disable_trigger(harness.trigger()).unwrap();
    while target.open() > 0 {
        tokio::task::yield_now().await;
    }
}
