//! Tokens: how they are made, and what is refused without one.

use reqwest::Method;
use serde_json::json;
use testkit::Server;

use super::{Answer, Api, answer, json};

const TOKEN: &str = "/api/v3/configure/token";

async fn with(api: &Api, (method, path): (Method, &str), authorization: &str) -> Answer {
    answer(api.request(method, path).header("authorization", authorization)).await
}

/// A server that asks for tokens, and the operator's.
async fn guarded(flags: &'static [&'static str]) -> (Api, String) {
    let api = Api::of(Server::start_guarded(|command, _| {
        command.args(flags);
    }));
    let (status, made) = api.post(&format!("{TOKEN}/admin"), json!({})).await;
    assert_eq!(status, 201, "{made}");
    let made = json(&made);
    assert_eq!((&made["name"], &made["id"], &made["expiry"]), (&json!("_admin"), &json!(0), &json!(null)));
    (api, made["token"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_without_a_token() {
    let (api, token) = guarded(&[]).await;
    for (method, path) in [
        (Method::GET, "/health"),
        (Method::GET, "/ping"),
        (Method::GET, "/metrics"),
        (Method::GET, "/api/v3/query_sql?db=db&q=SELECT%201"),
        (Method::POST, "/api/v3/write_lp?db=db"),
        (Method::POST, "/write?db=db"),
        (Method::POST, "/api/v2/write?bucket=db"),
        (Method::GET, "/api/v3/engine/anything"),
        (Method::POST, "/api/v3/configure/database"),
        (Method::POST, "/api/v3/configure/token/named_admin"),
        (Method::GET, "/nothing"),
    ] {
        let refused = (401, "{\"error\":\"the request was not authenticated\"}".to_owned());
        assert_eq!(answer(api.request(method.clone(), path)).await, refused, "{path}");
        assert_eq!(with(&api, (method, path), "Bearer apiv3_wrong").await, refused, "{path}");
    }
    for malformed in ["Digest x", "Bearer", "Basic !"] {
        let (status, why) = with(&api, (Method::GET, "/health"), malformed).await;
        assert!(status == 400 && why.contains("supported auth-schemes are Bearer, Token and Basic"), "{why}");
    }
    use base64::Engine as _;
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("anybody:{token}"));
    for scheme in [format!("Bearer {token}"), format!("Token {token}"), format!("Basic {basic}")] {
        assert_eq!(with(&api, (Method::GET, "/health"), &scheme).await, (200, "OK".to_owned()));
    }
    // InfluxDB 1's clients put it into the query string.
    let written = answer(api.request(Method::POST, &format!("/write?db=db&u=any&p={token}")).body("m x=1 1")).await;
    assert_eq!(written.0, 204);
    assert_eq!(answer(api.request(Method::OPTIONS, "/api/v3/query_sql")).await.0, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_and_taken_back_and_outlive_the_server() {
    let (mut api, token) = guarded(&["--disable-authz", "health,ping"]).await;
    let operator = format!("Bearer {token}");
    assert_eq!((api.get("/health").await.0, api.get("/ping").await.0, api.get("/metrics").await.0), (200, 200, 401));
    assert_eq!(api.post(&format!("{TOKEN}/admin"), json!({})).await.0, 409);
    let make = |name: &str, expiry: Option<u64>| {
        let body = json!({"token_name": name, "expiry_secs": expiry});
        answer(
            api.request(Method::POST, &format!("{TOKEN}/named_admin")).header("authorization", &operator).json(&body),
        )
    };
    let (status, made) = make("ci", Some(3_600)).await;
    assert_eq!((status, &json(&made)["name"]), (201, &json!("ci")));
    assert!(json(&made)["expiry"].is_string());
    assert_eq!(make("ci", None).await, (409, "{\"error\":\"token name already exists, ci\"}".to_owned()));
    assert_eq!(make("", None).await.0, 400);
    let named = format!("Token {}", json(&made)["token"].as_str().unwrap());

    api.server.restart();

    let query = (
        Method::GET,
        "/api/v3/query_sql?db=_internal&q=SELECT%20name%20FROM%20system.tokens%20ORDER%20BY%20name&format=csv",
    );
    assert_eq!(with(&api, query.clone(), &named).await, (200, "name\n_admin\nci\n".to_owned()));
    let delete = |name: &str| (Method::DELETE, format!("{TOKEN}?token_name={name}"));
    let (method, path) = delete("_admin");
    assert_eq!(with(&api, (method, &path), &operator).await.0, 405);
    let (method, path) = delete("ci");
    assert_eq!(with(&api, (method.clone(), &path), &operator).await.0, 200);
    assert_eq!(with(&api, (method, &path), &operator).await.0, 404);
    assert_eq!(with(&api, query.clone(), &named).await.0, 401);
    let (status, made) = with(&api, (Method::POST, &format!("{TOKEN}/admin/regenerate")), &operator).await;
    assert_eq!(status, 201);
    assert_eq!(with(&api, query.clone(), &operator).await.0, 401);
    assert_eq!(with(&api, query, &format!("Bearer {}", json(&made)["token"].as_str().unwrap())).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tokens_makes_none() {
    let api = Api::start();
    for path in ["/admin", "/admin/regenerate"] {
        assert_eq!(
            api.post(&format!("{TOKEN}{path}"), json!({})).await,
            (405, "endpoint disabled, started without auth".to_owned())
        );
    }
    assert_eq!(api.delete(&format!("{TOKEN}?token_name=x")).await.0, 405);
    // A client that has one anyway is let in.
    assert_eq!(with(&api, (Method::GET, "/health"), "Bearer any").await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_token_can_be_brought_and_nobody_becomes_operator_beside_it() {
    let token = format!("apiv3_{}", "k".repeat(60));
    let file = json!({"token": token, "name": "ops"}).to_string();
    let api = Api::of(Server::start_guarded(|command, directory| {
        std::fs::write(directory.join("token.json"), file).unwrap();
        command.arg("--admin-token-file").arg(directory.join("token.json"));
    }));
    assert_eq!(api.post(&format!("{TOKEN}/admin"), json!({})).await.0, 409);
    assert_eq!(with(&api, (Method::GET, "/health"), &format!("Bearer {token}")).await.0, 200);

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("weak.json"), json!({"token": ""}).to_string()).unwrap();
    let refused = std::process::Command::new(testkit::program())
        .args([
            "serve",
            "--node-id",
            "n",
            "--object-store",
            "memory",
            "--http-bind",
            "127.0.0.1:0",
            "--admin-token-file",
        ])
        .arg(directory.path().join("weak.json"))
        .output()
        .unwrap();
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && error.contains("create token --admin --offline"), "{error}");
}

#[test]
fn a_new_server_shows_the_operators_token_once_and_keeps_its_hash_only() {
    use std::io::{BufRead as _, BufReader};
    let directory = tempfile::tempdir().unwrap();
    let start = |format: &str| {
        let mut command = std::process::Command::new(testkit::program());
        command.args(["serve", "--node-id", "n", "--http-bind", "127.0.0.1:0", "--log-format", format, "--data-dir"]);
        command.arg(directory.path()).stdout(std::process::Stdio::piped());
        let mut server = command.spawn().unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines().map(Result::unwrap);
        // It listens last.
        let mut told = Vec::new();
        for line in lines {
            told.push(line);
            if told.last().is_some_and(|line| line.contains("listening")) {
                break;
            }
        }
        server.kill().unwrap();
        server.wait().unwrap();
        told
    };
    let tokens = |told: &[String]| -> Vec<String> {
        let exported = told.iter().filter_map(|line| line.trim().strip_prefix("export INFLUXDB3_AUTH_TOKEN="));
        exported.map(str::to_owned).collect()
    };
    let told = start("text");
    let [token] = tokens(&told).try_into().unwrap_or_else(|_| panic!("{told:?}"));
    assert!(token.starts_with("apiv3_") && token.len() == 92, "{token}");
    let catalog = std::fs::read_to_string(directory.path().join("catalog.json")).unwrap();
    assert!(catalog.contains("_admin") && !catalog.contains(&token));
    let told = start("text");
    assert!(tokens(&told).is_empty() && !told.join(" ").contains(&token), "{told:?}");
}
