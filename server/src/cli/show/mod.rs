//! `tidegate show`

mod databases;
mod internal;
mod system;
mod tenants;
mod trigger;
mod triggers;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Show {
    /// Show the databases
    Databases(databases::Databases),
    /// Show how long databases keep rows
    Retention(internal::Retention),
    /// Show the tenants, and which of their quotas are not as by default
    Tenants(tenants::Tenants),
    /// Show the tokens, without their secrets
    Tokens(internal::Tokens),
    /// Show the files of the plugins that triggers run
    Plugins(internal::Plugins),
    /// Show triggers, and what their last runs used of what they may use
    Triggers(triggers::Triggers),
    /// Show one trigger: its definition and its newest runs
    Trigger(trigger::Trigger),
    /// Show what the server knows of a database
    System(system::System),
}

impl Show {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Databases(databases) => databases.run().await,
            Self::Retention(retention) => retention.run().await,
            Self::Tenants(tenants) => tenants.run().await,
            Self::Tokens(tokens) => tokens.run().await,
            Self::Plugins(plugins) => plugins.run().await,
            Self::Triggers(triggers) => triggers.run().await,
            Self::Trigger(trigger) => trigger.run().await,
            Self::System(system) => system.run().await,
        }
    }
}
