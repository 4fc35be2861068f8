//! `tidegate run`

use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::Value;

use super::client::{TRIGGER, Target};
use super::output::{self, Style};
use super::record;

#[derive(Debug, Subcommand)]
pub(crate) enum Run {
    /// A trigger, without waiting for its time or rows
    Trigger(Once),
}

/// Runs a trigger now, and tells how it went.
#[derive(Debug, Args)]
#[command(after_help = "\
The exit code is 1 if the run did not succeed.

Example:
  tidegate run trigger -d sensors hello")]
pub(crate) struct Once {
    #[command(flatten)]
    target: Target,
    /// How to show what the run did
    #[arg(long, value_enum, default_value = "text")]
    format: Style,
    /// The trigger
    name: String,
}

impl Run {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Trigger(Once { target: Target { server, database }, format, name }) = self;
        let wanted = [("db", &database), ("trigger_name", &name)];
        let request = server.request(Method::POST, &format!("{TRIGGER}/run"))?.query(&wanted);
        let answer = server.send(request).await.context("Failed to run trigger")?;
        let ran: Value = answer.json().await.context("the server did not answer with a run")?;
        output::line(match format {
            Style::Text => record::told(&ran),
            Style::Json => serde_json::to_string_pretty(&ran)?,
        })?;
        Ok(if record::succeeded(&ran) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
