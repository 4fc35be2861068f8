//! `tidegate query`

use std::path::PathBuf;

use anyhow::bail;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::amounts::{Argument, argument};
use super::client::Target;
use super::input;
use super::rows::{Rows, Statement};

/// Runs a SQL query.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate query -d sensors 'SELECT host, avg(usage) FROM cpu GROUP BY host'
  tidegate query -d sensors --param host=a 'SELECT * FROM cpu WHERE host = $host'
  tidegate query -d sensors --format parquet -o cpu.parquet --file report.sql")]
pub(crate) struct Query {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    rows: Rows,
    /// In which language the query is
    #[arg(short, long, value_enum, default_value = "sql")]
    language: Language,
    /// What $NAME in the query stands for: JSON, or else text; can be repeated
    #[arg(long = "param", value_parser = argument, value_name = "NAME=VALUE")]
    parameters: Vec<Argument>,
    /// Where to query, if that is not where --host says
    #[arg(long, value_name = "URL")]
    query_host: Option<String>,
    /// File with the query
    #[arg(short, long, conflicts_with = "sql")]
    file: Option<PathBuf>,
    /// The query [default: standard input]
    sql: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// SQL
    Sql,
    /// InfluxQL, which is not supported
    Influxql,
}

impl Query {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self.language {
            Language::Sql => {}
            Language::Influxql => bail!("InfluxQL is not supported; write the query in SQL and leave --language away"),
        }
        self.rows.check()?;
        let sql = input::text(self.sql, self.file)?;
        let Target { server, database } = self.target;
        let statement = Statement { database: &database, sql: &sql, parameters: values(self.parameters) };
        self.rows.of(&statement, &server.or_at(self.query_host)).await
    }
}

fn values(parameters: Vec<Argument>) -> Map<String, Value> {
    let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    parameters.into_iter().map(|one| (one.name, value(one.value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_parameter_that_is_no_json_is_text() {
        let given = ["a=1", "b=0.5", "c=true", "d=null", "e=\"7\"", "f=eu west"].map(|text| argument(text).unwrap());
        let expected = json!({"a": 1, "b": 0.5, "c": true, "d": null, "e": "7", "f": "eu west"});
        assert_eq!(Value::Object(values(given.into())), expected);
    }
}
