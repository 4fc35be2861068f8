//! The HTTP interface, route by route, as InfluxDB 3's clients use it.

mod authorization;
mod databases;
mod hostile;
mod overload_bodies;
mod overload_connections;
mod overload_queries;
mod plugin_files;
mod plugin_tests;
mod queries;
mod restarts;
mod system_tables;
mod telegraf;
mod tls;
mod tokens;
mod triggers;
mod unsupported;
mod writes;

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use testkit::Server;
use tokio::time::Instant;

/// A server, and a client that speaks to it.
pub(super) struct Api {
    pub(super) server: Server,
    client: Client,
}

/// An answer: its status and its body.
pub(super) type Answer = (u16, String);

impl Api {
    /// A server with nothing in it that asks for no tokens.
    pub(super) fn start() -> Self {
        Self::of(Server::start())
    }

    pub(super) fn of(server: Server) -> Self {
        Self { server, client: Client::new() }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.server.url))
    }

    pub(super) async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }

    pub(super) async fn post(&self, path: &str, json: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&json)).await
    }

    pub(super) async fn put(&self, path: &str, json: Value) -> Answer {
        answer(self.request(Method::PUT, path).json(&json)).await
    }

    /// Writes lines, which must succeed.
    pub(super) async fn write(&self, lines: &str) {
        let written = self.request(Method::POST, "/api/v3/write_lp?db=db").body(lines.to_owned());
        assert_eq!(answer(written).await, (204, String::new()));
    }

    /// The result of a query in `database` as CSV, without its header.
    pub(super) async fn sql(&self, database: &str, sql: &str) -> String {
        let asked =
            self.request(Method::GET, "/api/v3/query_sql").query(&[("db", database), ("q", sql), ("format", "csv")]);
        let (status, csv) = answer(asked).await;
        assert_eq!(status, 200, "{csv}");
        csv.split_once('\n').map_or_else(String::new, |(_, rows)| rows.trim_end().to_owned())
    }

    /// Asks again until the result of a query is as `expected`: triggers and their
    /// logs take a moment.
    pub(super) async fn soon(&self, database: &str, sql: &str, expected: &str) {
        let begun = Instant::now();
        loop {
            let query = [("db", database), ("q", sql), ("format", "csv")];
            let (_, csv) = answer(self.request(Method::GET, "/api/v3/query_sql").query(&query)).await;
            if csv.split_once('\n').is_some_and(|(_, rows)| rows.trim_end() == expected) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{sql} gives {csv}");
        }
    }

    /// Creates the database `db` and, with this `code` and `spec`, a trigger in
    /// it.
    pub(super) async fn trigger(&self, name: &str, spec: &str, code: &str) {
        let file = format!("{name}.py");
        self.server.save(&file, code);
        self.post("/api/v3/configure/database", serde_json::json!({"db": "db"})).await;
        let created = self.post(TRIGGER, definition(name, &file, spec)).await;
        assert_eq!(created, (200, String::new()));
    }
}

pub(super) const TRIGGER: &str = "/api/v3/configure/processing_engine_trigger";

/// A trigger in `db`, as InfluxDB 3's clients define it.
pub(super) fn definition(name: &str, file: &str, spec: &str) -> Value {
    serde_json::json!({
        "db": "db", "trigger_name": name, "plugin_filename": file, "trigger_specification": spec,
        "trigger_settings": {"run_async": false, "error_behavior": "log"}, "disabled": false,
    })
}

/// Lets time pass: a server in a process of its own goes by no other clock.
#[expect(clippy::disallowed_methods, reason = "the server's time is real")]
pub(super) async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

pub(super) async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("there is an answer");
    (response.status().as_u16(), response.text().await.expect("the answer is whole"))
}

pub(super) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}
