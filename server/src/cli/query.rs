//! `tidegate query`

use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::json;

use super::client::Target;
use super::{input, output};

/// Runs a SQL query.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate query -d sensors 'SELECT host, avg(usage) FROM cpu GROUP BY host'
  tidegate query -d sensors --format csv --file report.sql")]
pub(crate) struct Query {
    #[command(flatten)]
    target: Target,
    /// How to show the rows
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    /// File with the query
    #[arg(short, long, conflicts_with = "sql")]
    file: Option<PathBuf>,
    /// The query [default: standard input]
    sql: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// A table
    Pretty,
    /// An array of objects
    Json,
    /// An object a line
    #[value(alias = "json_lines")]
    Jsonl,
    /// Comma-separated values
    Csv,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }
}

impl Query {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let sql = input::text(self.sql, self.file)?;
        let body = json!({"db": self.target.database, "q": sql, "format": self.format.name()});
        let request = self.target.server.request(Method::POST, "/api/v3/query_sql")?.json(&body);
        let mut response = self.target.server.send(request).await?;
        let mut last = None;
        while let Some(piece) = response.chunk().await.context("the result broke off; see the server's log")? {
            std::io::stdout().write_all(&piece)?;
            last = piece.last().copied();
        }
        if last.is_some_and(|last| last != b'\n') {
            output::line("")?;
        }
        Ok(())
    }
}
