//! `tidegate show system`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::Map;

use crate::cli::client::Target;
use crate::cli::output;
use crate::cli::rows::{Format, Rows, Statement};

/// Shows what the server knows of a database.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate show system -d sensors table-list
  tidegate show system -d sensors table --order-by 'event_time DESC' --limit 20 processing_engine_logs
  tidegate show system -d sensors summary --limit 3")]
pub(crate) struct System {
    #[command(flatten)]
    target: Target,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Which system tables there are
    TableList(Rows),
    /// Rows of one of them
    Table(Table),
    /// Some rows of each
    Summary(Summary),
}

#[derive(Debug, Args)]
struct Table {
    /// How many rows at the most
    #[arg(short, long, default_value_t = 100, value_name = "NUMBER")]
    limit: usize,
    /// In which order: what stands in SQL behind ORDER BY
    #[arg(short, long, value_name = "COLUMNS")]
    order_by: Option<String>,
    /// Which columns: what stands in SQL behind SELECT
    #[arg(short, long, default_value = "*", hide_default_value = true, value_name = "COLUMNS")]
    select: String,
    /// How to show the rows
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
    // Without a short flag: InfluxDB 3's `-o` is the order.
    /// File to write them to [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The system table
    #[arg(value_parser = table_name)]
    name: String,
}

#[derive(Debug, Args)]
struct Summary {
    /// How many rows of each at the most
    #[arg(short, long, default_value_t = 10, value_name = "NUMBER")]
    limit: usize,
    /// How to show the rows
    #[arg(long, value_enum, default_value = "pretty")]
    format: Format,
}

#[derive(Debug, Deserialize)]
struct Listed {
    table_name: String,
}

const TABLES: &str =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'system' ORDER BY table_name";

// It becomes part of a statement.
fn table_name(text: &str) -> Result<String, &'static str> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.chars().all(allowed) { Ok(text.to_owned()) } else { Err("a system table has letters, digits and _") }
}

impl System {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let target = &self.target;
        match self.what {
            What::TableList(rows) => show(target, &rows, TABLES).await,
            What::Table(table) => {
                let statement = table.statement();
                show(target, &Rows { format: table.format, output: table.output }, &statement).await
            }
            What::Summary(summary) => summary.run(target).await,
        }
    }
}

impl Table {
    fn statement(&self) -> String {
        let Self { limit, select, name, .. } = self;
        let order = self.order_by.as_ref().map_or_else(String::new, |order| format!(" ORDER BY {order}"));
        format!("SELECT {select} FROM system.{name}{order} LIMIT {limit}")
    }
}

impl Summary {
    async fn run(self, target: &Target) -> anyhow::Result<()> {
        let rows = Rows { format: self.format, output: None };
        rows.check()?;
        let statement = Statement { database: &target.database, sql: TABLES, parameters: Map::new() };
        let listed = statement.run(&target.server, Format::Json).await?.json::<Vec<Listed>>().await;
        for Listed { table_name } in listed.context("the server did not answer with system tables")? {
            output::line(format!("{table_name}:"))?;
            let sql = format!("SELECT * FROM system.{table_name} LIMIT {}", self.limit);
            show(target, &rows, &sql).await?;
        }
        Ok(())
    }
}

async fn show(target: &Target, rows: &Rows, sql: &str) -> anyhow::Result<()> {
    let statement = Statement { database: &target.database, sql, parameters: Map::new() };
    rows.of(&statement, &target.server).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_has_what_was_asked_for() {
        let mut table = Table {
            limit: 5,
            order_by: None,
            select: "*".to_owned(),
            format: Format::Pretty,
            output: None,
            name: "queries".to_owned(),
        };
        assert_eq!(table.statement(), "SELECT * FROM system.queries LIMIT 5");
        table.order_by = Some("id DESC, phase".to_owned());
        assert_eq!(table.statement(), "SELECT * FROM system.queries ORDER BY id DESC, phase LIMIT 5");
    }
}
