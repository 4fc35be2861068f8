//! `tidegate delete database`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{DATABASE, Server};
use crate::cli::confirm::Confirmation;
use crate::cli::output;

/// Deletes a database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate delete database sensors
  tidegate delete database --hard-delete now --yes sensors")]
pub(crate) struct OldDatabase {
    #[command(flatten)]
    server: Server,
    /// When its data is gone for good: never, now, default, or a time such as 2030-01-31T00:00:00Z
    #[arg(long, value_name = "WHEN")]
    hard_delete: Option<String>,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Its name
    name: String,
}

impl OldDatabase {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, hard_delete, confirmation, name } = self;
        confirmation.ask(&format!("database \"{name}\""))?;
        let when = hard_delete.map(|when| ("hard_delete_at", when));
        let request = server.request(Method::DELETE, DATABASE)?.query(&[("db", &name)]).query(&Vec::from_iter(when));
        server.send(request).await.context("Failed to delete database")?;
        output::line(format!("Database \"{name}\" deleted successfully"))?;
        Ok(())
    }
}
