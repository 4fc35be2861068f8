//! `tidegate update database`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::json;

use crate::cli::client::{DATABASE, Target};
use crate::cli::output;
use crate::cli::periods::period;

/// Changes a database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate update database -d sensors --retention-period 30d
  tidegate update database -d sensors --retention-period none")]
pub(crate) struct ChangedDatabase {
    #[command(flatten)]
    target: Target,
    /// How long rows are kept, such as 30d, or `none` for ever
    #[arg(short, long, value_parser = period, value_name = "PERIOD")]
    retention_period: String,
}

impl ChangedDatabase {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { target, retention_period } = self;
        let body = json!({"db": target.database, "retention_period": retention_period});
        let request = target.server.request(Method::PUT, DATABASE)?.json(&body);
        target.server.send(request).await.context("Failed to update database")?;
        output::line(format!("Database \"{}\" updated successfully", target.database))?;
        Ok(())
    }
}
