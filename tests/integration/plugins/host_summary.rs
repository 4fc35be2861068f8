//! plugins/host-summary

use testkit::{Guest, Start};
use tidegate::Request;

fn ask(minutes: &str) -> Request {
    Request { method: "GET".into(), query: vec![("minutes".into(), minutes.into())], ..Request::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_with_figures_of_each_host() {
    let start = Start::of(Guest::Plugin("host-summary/host_summary.py"), "request:host-summary");
    let harness = start.start().await;
    // The plugin looks back from the database's own now.
    let now = std::process::Command::new("date").arg("+%s").output().unwrap().stdout;
    let now: i64 = String::from_utf8(now).unwrap().trim().parse().unwrap();
    let time = |ago: i64| (now - ago) * 1_000_000_000;
    harness
        .write(&format!(
            "cpu,host=a usage_percent=10 {}\ncpu,host=a usage_percent=30 {}\nmemory,host=a used_bytes=1u,total_bytes=4u {}",
            time(20),
            time(10),
            time(10)
        ))
        .await;
    let outcome = harness.request("host-summary", ask("5")).await;
    assert_eq!(outcome.error(), None);
    let body: serde_json::Value = serde_json::from_slice(&outcome.response.unwrap().body).unwrap();
    assert_eq!(body["hosts"]["a"]["cpu"]["average_percent"], 20.0, "{body}");
    assert_eq!(body["hosts"]["a"]["cpu"]["samples"], 2, "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_parameter_is_the_clients_mistake() {
    let start = Start::of(Guest::Plugin("host-summary/host_summary.py"), "request:host-summary");
    let response = start.start().await.request("host-summary", ask("soon")).await.response.unwrap();
    assert_eq!(response.status, 400);
}
