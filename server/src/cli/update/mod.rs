//! `tidegate update`

mod database;
mod tenant;
mod trigger;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Update {
    /// Change how long a database keeps rows
    Database(database::ChangedDatabase),
    /// Change what a tenant may use
    Tenant(tenant::ChangedTenant),
    /// Change a trigger's code or definition; it keeps its place and what it remembers
    Trigger(Box<trigger::ChangedTrigger>),
}

impl Update {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Database(changed) => changed.run().await,
            Self::Tenant(changed) => changed.run().await,
            Self::Trigger(changed) => changed.run().await,
        }
    }
}
