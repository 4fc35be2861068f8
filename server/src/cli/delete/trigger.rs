//! `tidegate delete trigger`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::json;

use crate::cli::client::{TRIGGER, Target};
use crate::cli::output;

/// Deletes a trigger.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate delete trigger -d sensors --force hello")]
pub(crate) struct OldTrigger {
    #[command(flatten)]
    target: Target,
    /// Delete it even if it runs
    #[arg(long)]
    force: bool,
    /// Its name
    name: String,
}

impl OldTrigger {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { target, force, name } = self;
        let body = json!({"db": target.database, "trigger_name": name, "force": force});
        let request = target.server.request(Method::DELETE, TRIGGER)?.json(&body);
        target.server.send(request).await.context("Failed to delete trigger")?;
        output::line(format!("Trigger {name} deleted successfully"))?;
        Ok(())
    }
}
