//! What InfluxDB 3 has and this server has not is refused in a way that programs
//! understand and people can act on.

use reqwest::Method;
use serde_json::json;

use super::{Api, answer, json as parsed};

#[tokio::test(flavor = "multi_thread")]
async fn each_route_says_that_it_is_not_supported_and_what_to_do() {
    let api = Api::start();
    for (method, path, says) in [
        (Method::GET, "/query?db=db&q=SHOW%20MEASUREMENTS", "ask in SQL at /api/v3/query_sql"),
        (Method::POST, "/query", "ask in SQL"),
        (Method::GET, "/api/v3/query_influxql?db=db&q=SELECT%201", "ask in SQL"),
        (Method::POST, "/api/v3/query_influxql", "ask in SQL"),
        (Method::POST, "/api/v3/configure/last_cache", "ORDER BY time DESC LIMIT 1"),
        (Method::DELETE, "/api/v3/configure/last_cache?db=db", "ORDER BY time DESC LIMIT 1"),
        (Method::POST, "/api/v3/configure/distinct_cache", "SELECT DISTINCT"),
        (Method::POST, "/api/v3/configure/plugin_environment/install_packages", "tidegate package"),
        (Method::POST, "/api/v3/configure/plugin_environment/install_requirements", "tidegate package"),
    ] {
        let (status, body) = answer(api.request(method, path)).await;
        assert_eq!((status, &parsed(&body)["code"]), (405, &json!("not_supported")), "{path}: {body}");
        let error = parsed(&body)["error"].as_str().unwrap().to_owned();
        assert!(error.contains("is not supported; ") && error.contains(says), "{path}: {error}");
    }
}
