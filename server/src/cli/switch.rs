//! `tidegate enable` and `tidegate disable`

use anyhow::Context as _;
use clap::{Args, Subcommand};
use reqwest::Method;

use super::client::{TRIGGER, Target};
use super::output;

#[derive(Debug, Subcommand)]
pub(crate) enum Switch {
    /// A trigger
    Trigger(Switched),
}

/// Lets a trigger run, or stops it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate disable trigger -d sensors hello
  tidegate enable trigger -d sensors hello")]
pub(crate) struct Switched {
    #[command(flatten)]
    target: Target,
    /// Its name
    name: String,
}

/// What a trigger is to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    Enabled,
    Disabled,
}

impl Switch {
    pub(super) async fn run(self, to: To) -> anyhow::Result<()> {
        let Self::Trigger(Switched { target, name }) = self;
        let (verb, done) = match to {
            To::Enabled => ("enable", "enabled"),
            To::Disabled => ("disable", "disabled"),
        };
        let request = target
            .server
            .request(Method::POST, &format!("{TRIGGER}/{verb}"))?
            .query(&[("db", &target.database), ("trigger_name", &name)]);
        target.server.send(request).await.with_context(|| format!("Failed to {verb} trigger"))?;
        output::line(format!("Trigger {name} {done} successfully"))?;
        Ok(())
    }
}
