//! Tenants, and what their tokens permit: nothing else is answered, on any route.

mod flight;
mod plugins;
mod quotas;
mod routes;
mod scopes;
mod side_by_side;
mod tenants;
mod triggers;

use std::sync::atomic::{AtomicU64, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use testkit::Server;

use super::{Answer, Api, TRIGGER, answer, definition, json as parsed};

const TOKEN: &str = "/api/v3/configure/token";
const TENANT: &str = "/api/v3/configure/tenant";
const DATABASE: &str = "/api/v3/configure/database";
const EVERYTHING: &str = "db:*:read,write,triggers,request";

/// A server that asks for tokens, and the operator's.
struct Guarded {
    api: Api,
    operator: String,
    tokens: AtomicU64,
}

impl Guarded {
    async fn start() -> Self {
        let api = Api::of(Server::start_guarded(|_, _| {}));
        let (status, made) = api.post(&format!("{TOKEN}/admin"), json!({})).await;
        assert_eq!(status, 201, "{made}");
        let operator = parsed(&made)["token"].as_str().unwrap().to_owned();
        Self { api, operator, tokens: AtomicU64::new(0) }
    }

    /// A tenant that owns nothing, and a token that may do everything with that.
    async fn tenant(&self, name: &str) -> String {
        let created = self.ask(&self.operator, (Method::POST, TENANT), json!({"tenant": name})).await;
        assert_eq!(created, (200, String::new()));
        self.token(name, &[EVERYTHING]).await
    }

    /// A token of a tenant that permits this.
    async fn token(&self, tenant: &str, permissions: &[&str]) -> String {
        let number = self.tokens.fetch_add(1, Ordering::Relaxed);
        let permissions: Vec<_> = permissions.iter().map(|text| permission(text)).collect();
        let body = json!({"token_name": format!("t{number}"), "tenant": tenant, "permissions": permissions});
        let (status, made) = self.ask(&self.operator, (Method::POST, TOKEN), body).await;
        assert_eq!(status, 201, "{made}");
        parsed(&made)["token"].as_str().unwrap().to_owned()
    }

    /// Asks with a token; a text is sent as it is, everything else as JSON.
    async fn ask(&self, token: &str, (method, path): (Method, &str), body: Value) -> Answer {
        let request = self.api.request(method, path).bearer_auth(token);
        answer(match body {
            Value::Null => request,
            Value::String(text) => request.body(text),
            json => request.json(&json),
        })
        .await
    }

    async fn get(&self, token: &str, path: &str) -> Answer {
        self.ask(token, (Method::GET, path), Value::Null).await
    }

    async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.ask(token, (Method::POST, path), body).await
    }

    async fn put(&self, token: &str, path: &str, body: Value) -> Answer {
        self.ask(token, (Method::PUT, path), body).await
    }

    async fn delete(&self, token: &str, path: &str) -> Answer {
        self.ask(token, (Method::DELETE, path), Value::Null).await
    }

    /// Writes lines to `db`, which must succeed.
    async fn write(&self, token: &str, lines: &str) {
        let written = self.post(token, "/api/v3/write_lp?db=db", json!(lines)).await;
        assert_eq!(written, (204, String::new()));
    }

    /// The result of a query as CSV, without its header; the refusal if there is one.
    async fn sql(&self, token: &str, (database, sql): (&str, &str)) -> String {
        let asked = self.api.request(Method::GET, "/api/v3/query_sql").bearer_auth(token);
        let (status, csv) = answer(asked.query(&[("db", database), ("q", sql), ("format", "csv")])).await;
        if status != 200 {
            return format!("{status} {csv}");
        }
        csv.split_once('\n').map_or_else(String::new, |(_, rows)| rows.trim_end().to_owned())
    }

    /// Uploads a plugin and creates a trigger in `db` that runs it.
    async fn trigger(&self, token: &str, (name, spec): (&str, &str), code: &str) -> Answer {
        let file = format!("{name}.py");
        let body = json!({"plugin_name": file, "content": code});
        let uploaded = self.post(token, "/api/v3/plugins/files", body).await;
        assert_eq!(uploaded, (200, String::new()));
        self.post(token, TRIGGER, definition(name, &file, spec)).await
    }
}

/// `db:a,b:read,write` in JSON.
fn permission(text: &str) -> Value {
    let parts: Vec<Vec<&str>> = text.split(':').map(|part| part.split(',').collect()).collect();
    json!({"resource_type": parts[0][0], "resource_identifier": parts[1], "actions": parts[2]})
}
