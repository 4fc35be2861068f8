//! The server's HTTP API, as any client uses it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use tidegate::Clock;

/// The server's HTTP API.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    base: String,
    client: reqwest::Client,
}

pub(crate) const DATABASE: &str = "demo";
/// The tables that plugins write.
pub(crate) const DERIVED: [&str; 3] = ["cpu_5s", "network_rate", "alerts"];

const TRIGGER: &str = "/api/v3/configure/processing_engine_trigger";

impl Api {
    pub(crate) fn new(address: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { base: format!("http://{address}"), client })
    }

    pub(crate) async fn wait_until_healthy(&self, clock: &dyn Clock) -> anyhow::Result<()> {
        for _ in 0..100 {
            if self.send(self.client.get(self.url("/health"))).await.is_ok() {
                return Ok(());
            }
            clock.sleep(Duration::from_millis(100)).await;
        }
        bail!("the server does not become healthy")
    }

    pub(crate) async fn create_database(&self) -> anyhow::Result<()> {
        let url = self.url("/api/v3/configure/database");
        self.send(self.client.post(url).json(&json!({"db": DATABASE}))).await.map(|_| ())
    }

    pub(crate) async fn write(&self, lines: String) -> anyhow::Result<()> {
        let request = self.client.post(self.url("/api/v3/write_lp"));
        let request = request.query(&[("db", DATABASE), ("precision", "ns")]).body(lines);
        self.send(request).await.map(|_| ())
    }

    pub(crate) async fn create_trigger(&self, mut definition: Value) -> anyhow::Result<()> {
        if let Some(definition) = definition.as_object_mut() {
            definition.insert("db".into(), DATABASE.into());
            definition.insert("trigger_settings".into(), json!({}));
        }
        self.send(self.client.post(self.url(TRIGGER)).json(&definition)).await.map(|_| ())
    }

    pub(crate) async fn triggers(&self) -> anyhow::Result<Vec<Value>> {
        let request = self.client.get(self.url(TRIGGER)).query(&[("db", DATABASE)]);
        Ok(self.send(request).await?.json().await?)
    }

    /// Rows as a table for people; an error if there is no such table yet.
    pub(crate) async fn table(&self, sql: &str) -> anyhow::Result<String> {
        Ok(self.query(sql, "pretty").await?.text().await?)
    }

    pub(crate) async fn rows(&self, sql: &str) -> anyhow::Result<Vec<Value>> {
        Ok(self.query(sql, "json").await?.json().await?)
    }

    pub(crate) async fn has_derived_rows(&self) -> bool {
        for table in DERIVED {
            if self.rows(&format!("SELECT * FROM {table} LIMIT 1")).await.is_ok_and(|rows| !rows.is_empty()) {
                return true;
            }
        }
        false
    }

    /// What the request plugin answers.
    pub(crate) async fn host_summary(&self) -> anyhow::Result<Value> {
        let request = self.client.get(self.url("/api/v3/engine/host-summary?minutes=10"));
        Ok(self.send(request).await?.json().await?)
    }

    async fn query(&self, sql: &str, format: &str) -> anyhow::Result<Response> {
        let query = json!({"db": DATABASE, "q": sql, "format": format});
        self.send(self.client.post(self.url("/api/v3/query_sql")).json(&query)).await
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = request.send().await.context("the server does not answer")?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        bail!("{status}: {}", response.text().await.unwrap_or_default())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}
