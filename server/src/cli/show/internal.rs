//! `tidegate show retention`, `tokens` and `plugins`: tables of the database
//! that the server keeps about itself.

use clap::Args;
use serde_json::Map;

use crate::cli::client::Server;
use crate::cli::rows::{Rows, Statement};

const INTERNAL: &str = "_internal";

/// Shows how long databases keep rows.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show retention --database sensors")]
pub(crate) struct Retention {
    #[command(flatten)]
    server: Server,
    /// Only this database
    #[arg(short, long, env = "INFLUXDB3_DATABASE_NAME", value_name = "NAME")]
    database: Option<String>,
    #[command(flatten)]
    rows: Rows,
}

/// Shows the tokens.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show tokens --format json")]
pub(crate) struct Tokens {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    rows: Rows,
}

/// Shows the files of the plugins that triggers run.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show plugins --format csv")]
pub(crate) struct Plugins {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    rows: Rows,
}

impl Retention {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut statement = Statement {
            database: INTERNAL,
            sql: "SELECT database_name, retention_period_ns FROM system.databases WHERE NOT deleted ORDER BY 1",
            parameters: Map::new(),
        };
        if let Some(database) = self.database {
            statement.sql = "SELECT database_name, retention_period_ns FROM system.databases \
                             WHERE NOT deleted AND database_name = $database";
            statement.parameters.insert("database".to_owned(), database.into());
        }
        self.rows.of(&statement, &self.server).await
    }
}

impl Tokens {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let sql = "SELECT * FROM system.tokens";
        let statement = Statement { database: INTERNAL, sql, parameters: Map::new() };
        self.rows.of(&statement, &self.server).await
    }
}

impl Plugins {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let sql = "SELECT * FROM system.plugin_files";
        let statement = Statement { database: INTERNAL, sql, parameters: Map::new() };
        self.rows.of(&statement, &self.server).await
    }
}
