//! `tidegate create database`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::json;

use crate::cli::client::{DATABASE, Server};
use crate::cli::output;
use crate::cli::periods::period;

/// Creates a database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate create database sensors
  tidegate create database --retention-period 30d sensors")]
pub(crate) struct NewDatabase {
    #[command(flatten)]
    server: Server,
    /// How long rows are kept, such as 30d, or `none` for ever
    #[arg(long, value_parser = period, value_name = "PERIOD")]
    retention_period: Option<String>,
    /// What to call it
    name: String,
}

impl NewDatabase {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut body = json!({"db": self.name});
        if let (Some(period), Some(body)) = (self.retention_period, body.as_object_mut()) {
            body.insert("retention_period".to_owned(), period.into());
        }
        let request = self.server.request(Method::POST, DATABASE)?.json(&body);
        self.server.send(request).await.context("Failed to create database")?;
        output::line(format!("Database \"{}\" created successfully", self.name))?;
        Ok(())
    }
}
