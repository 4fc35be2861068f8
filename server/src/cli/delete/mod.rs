//! `tidegate delete`

mod database;
mod table;
mod tenant;
mod token;
mod trigger;

use clap::Subcommand;

use super::unsupported::{CACHES, Unsupported};

#[derive(Debug, Subcommand)]
pub(crate) enum Delete {
    /// Delete a database with its tables and triggers
    Database(database::OldDatabase),
    /// Delete a table with its rows
    Table(table::OldTable),
    /// Delete a trigger with all that it remembers
    Trigger(trigger::OldTrigger),
    /// Delete a tenant that owns no databases any more
    Tenant(tenant::OldTenant),
    /// Delete a token: its holder may do nothing any more
    Token(token::OldToken),
    /// Not supported: there are no last-value caches
    #[command(name = "last_cache", alias = "last-cache")]
    LastCache(Unsupported),
    /// Not supported: there are no distinct-value caches
    #[command(name = "distinct_cache", alias = "distinct-cache")]
    DistinctCache(Unsupported),
}

impl Delete {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Database(old) => old.run().await,
            Self::Table(old) => old.run().await,
            Self::Trigger(old) => old.run().await,
            Self::Tenant(old) => old.run().await,
            Self::Token(old) => old.run().await,
            Self::LastCache(asked) | Self::DistinctCache(asked) => asked.refuse(CACHES),
        }
    }
}
