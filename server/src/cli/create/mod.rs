//! `tidegate create`

mod database;
mod offline;
mod table;
mod tenant;
mod token;
mod trigger;

use clap::Subcommand;

use super::unsupported::{CACHES, Unsupported};

#[derive(Debug, Subcommand)]
pub(crate) enum Create {
    /// Create a database; writing to one creates it, too
    Database(database::NewDatabase),
    /// Create a table; writing to one creates it, too
    Table(table::NewTable),
    /// Create a trigger: a plugin, and when it runs
    Trigger(Box<trigger::NewTrigger>),
    /// Create a tenant: databases, triggers and plugins that only its own tokens reach
    Tenant(tenant::NewTenant),
    /// Create a token: an administrator's, who may do everything, or a tenant's
    Token(token::NewToken),
    /// Not supported: SQL answers what a last-value cache would
    #[command(name = "last_cache", alias = "last-cache")]
    LastCache(Unsupported),
    /// Not supported: SQL answers what a distinct-value cache would
    #[command(name = "distinct_cache", alias = "distinct-cache")]
    DistinctCache(Unsupported),
}

impl Create {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Database(new) => new.run().await,
            Self::Table(new) => new.run().await,
            Self::Trigger(new) => new.run().await,
            Self::Tenant(new) => new.run().await,
            Self::Token(new) => new.run().await,
            Self::LastCache(asked) | Self::DistinctCache(asked) => asked.refuse(CACHES),
        }
    }
}
