//! `tidegate delete`

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::json;

use super::client::{DATABASE, Server, TRIGGER, Target};
use super::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Delete {
    /// Delete a database with its tables and triggers
    Database(OldDatabase),
    /// Delete a trigger with all that it remembers
    Trigger(OldTrigger),
}

#[derive(Debug, Args)]
pub(crate) struct OldDatabase {
    #[command(flatten)]
    server: Server,
    /// Its name
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct OldTrigger {
    #[command(flatten)]
    target: Target,
    /// Delete it even if it runs
    #[arg(long)]
    force: bool,
    /// Its name
    name: String,
}

impl Delete {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Database(OldDatabase { server, name }) => {
                let request = server.request(Method::DELETE, DATABASE)?.query(&[("db", &name)]);
                server.send(request).await.context("Failed to delete database")?;
                output::line(format!("Database \"{name}\" deleted successfully"))?;
            }
            Self::Trigger(OldTrigger { target, force, name }) => {
                let body = json!({"db": target.database, "trigger_name": name, "force": force});
                let request = target.server.request(Method::DELETE, TRIGGER)?.json(&body);
                target.server.send(request).await.context("Failed to delete trigger")?;
                output::line(format!("Trigger {name} deleted successfully"))?;
            }
        }
        Ok(())
    }
}
