//! `tidegate delete table`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{TABLE, Target};
use crate::cli::confirm::Confirmation;
use crate::cli::output;

/// Deletes a table.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate delete table -d sensors --yes cpu")]
pub(crate) struct OldTable {
    #[command(flatten)]
    target: Target,
    /// When its rows are gone for good: never, now, default, or a time such as 2030-01-31T00:00:00Z
    #[arg(long, value_name = "WHEN")]
    hard_delete: Option<String>,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Its name
    name: String,
}

impl OldTable {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { target, hard_delete, confirmation, name } = self;
        let shown = format!("\"{}\".\"{name}\"", target.database);
        confirmation.ask_people(&format!("table {shown}"))?;
        let when = hard_delete.map(|when| ("hard_delete_at", when));
        let request = target.server.request(Method::DELETE, TABLE)?;
        let request = request.query(&[("db", &target.database), ("table", &name)]).query(&Vec::from_iter(when));
        target.server.send(request).await.context("Failed to delete table")?;
        output::line(format!("Table {shown} deleted successfully"))?;
        Ok(())
    }
}
