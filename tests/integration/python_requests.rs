//! `requests`, `urllib` and `http.client` in plugins, to real servers on loopback.

use testkit::{Authority, Start, Target};

/// Sends by each of the libraries, and tells what came of it.
const SEND: &str = "
import http.client, json, urllib.error, urllib.request, urllib.parse
import requests

def by_requests(method, url, timeout):
    answer = requests.request(method, url, json={'a': 1}, timeout=timeout)
    return answer.status_code, answer.text, len(answer.history)

def by_urllib(method, url, timeout):
    request = urllib.request.Request(url, b'{\"a\": 1}', {'content-type': 'application/json'}, method=method)
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.status, answer.read().decode(), int(answer.url != url)

def by_http_client(method, url, timeout):
    parts = urllib.parse.urlsplit(url)
    kinds = {'http': http.client.HTTPConnection, 'https': http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.netloc, timeout=timeout)
    connection.request(method, parts.path + '?' + parts.query, b'{\"a\": 1}')
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), 0

def process_writes(local, table_batches, args):
    timeout = float(args.get('timeout', 20))
    for send in by_requests, by_urllib, by_http_client:
        try:
            local.info(send.__name__, *send(args.get('method', 'POST'), args['url'], timeout))
        except Exception as error:
            local.info(send.__name__, 'raised', type(error).__name__, error)
";

/// What each of the three libraries said, in that order.
async fn sent(start: Start) -> Vec<String> {
    let mut harness = start.start().await;
    let record = harness.run("cpu usage=1i").await;
    let log = harness.log();
    assert_eq!(record.error, None, "{log}");
    let said: Vec<_> = log.lines().filter_map(|line| Some(line.strip_prefix("INFO: by_")?.to_owned())).collect();
    assert_eq!(said.len(), 3, "{log}");
    said
}

fn sending(url: &str, grants: &[String]) -> Start {
    Start::python("all_tables", SEND).argument("url", url).http(grants)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_granted_request_is_answered_whatever_library_sends_it() {
    let target = Target::http().await;
    let said = sent(sending(&format!("{}/ok?b=2", target.origin()), &[format!("POST {}", target.origin())])).await;
    let expected = ["requests 200 {\"a\": 1} 0", "urllib 200 {\"a\": 1} 0", "http_client 200 {\"a\": 1} 0"];
    assert_eq!(said, expected);
    let requests = target.requests();
    assert!(requests.len() == 3 && requests.iter().all(|head| head.starts_with("POST /ok?b=2 HTTP/1.1\r\n")));
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_done_and_checked_by_the_host() {
    let authority = Authority::new("those who are trusted");
    let target = Target::https(&authority, "127.0.0.1").await;
    let asking = || sending(&format!("{}/ok", target.origin()), &[format!("POST {}", target.origin())]);
    for line in sent(asking().trusting(&authority)).await {
        assert!(line.ends_with(" 200 {\"a\": 1} 0"), "{line}");
    }
    for line in sent(asking()).await {
        assert!(line.contains(" raised ") && line.contains("certificate"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_followed_by_the_library_and_granted_on_its_own() {
    let (target, other) = (Target::http().await, Target::http().await);
    let url = format!("{}/to?{}/chunked", target.origin(), other.origin());
    let both = [format!("GET {}", target.origin()), format!("GET {}", other.origin())];
    let said = sent(sending(&url, &both).argument("method", "GET")).await;
    assert_eq!(said, ["requests 200 hello 1", "urllib 200 hello 1", "http_client 302  0"]);
    let said = sent(sending(&url, &both[..1]).argument("method", "GET")).await;
    let missing = format!("needs=`--grant 'http=GET {}'`", other.origin());
    assert!(said[0].contains(&missing) && said[1].contains(&missing), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_the_exception_that_plugins_expect() {
    let target = Target::http().await;
    for (path, kinds, text) in [
        ("/slow", ["ReadTimeout", "TimeoutError", "TimeoutError"], "timed out"),
        ("/endless", ["ReadTimeout", "TimeoutError", "TimeoutError"], "timed out"),
        ("/huge", ["ConnectionError", "URLError", "OSError"], "larger"),
        ("/garbage", ["ConnectionError", "URLError", "ConnectionError"], ""),
    ] {
        let grants = [format!("POST {}", target.origin())];
        let start = sending(&format!("{}{path}", target.origin()), &grants);
        let said = sent(if text == "timed out" { start.argument("timeout", "0.3") } else { start }).await;
        for (line, kind) in said.iter().zip(kinds) {
            assert!(line.contains(&format!("raised {kind}")) && line.contains(text), "{path}: {line}");
        }
    }
}
