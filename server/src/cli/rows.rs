//! Rows of a result, in the format and at the place that were asked for.

use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use reqwest::{Method, Response};
use serde_json::{Map, Value, json};

use super::client::Server;

/// How rows are shown.
#[derive(Debug, Args)]
pub(super) struct Rows {
    /// How to show the rows
    #[arg(long, value_enum, default_value = "pretty")]
    pub(super) format: Format,
    /// File to write them to [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
    /// A Parquet file
    Parquet,
}

/// A statement and where it is run.
#[derive(Debug)]
pub(super) struct Statement<'a> {
    pub(super) database: &'a str,
    pub(super) sql: &'a str,
    /// What stands for `$name`.
    pub(super) parameters: Map<String, Value>,
}

impl Format {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pretty => "pretty",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }
}

impl Statement<'_> {
    /// Runs it and returns its rows in `format`.
    ///
    /// # Errors
    /// If there is no server, or it says no.
    pub(super) async fn run(&self, server: &Server, format: Format) -> anyhow::Result<Response> {
        let Self { database, sql, parameters } = self;
        let body = json!({"db": database, "q": sql, "format": format.name(), "params": parameters});
        server.send(server.request(Method::POST, "/api/v3/query_sql")?.json(&body)).await
    }
}

impl Rows {
    /// Runs `statement` and shows its rows.
    ///
    /// # Errors
    /// If it cannot be run, or its rows cannot be shown.
    pub(super) async fn of(&self, statement: &Statement<'_>, server: &Server) -> anyhow::Result<()> {
        self.check()?;
        self.show(statement.run(server, self.format).await?).await
    }

    /// Whether rows can be shown at all.
    ///
    /// # Errors
    /// If they would fill a terminal with what nobody can read.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        if self.format == Format::Parquet && self.output.is_none() && io::stdout().is_terminal() {
            bail!("cannot write parquet to a terminal, use `--output <file>` or pipe the output");
        }
        Ok(())
    }

    /// Shows the rows in `response` as they come.
    ///
    /// # Errors
    /// If they break off, or nobody takes them.
    pub(super) async fn show(&self, mut response: Response) -> anyhow::Result<()> {
        let unwritable = |path: &PathBuf| format!("cannot write {}", path.display());
        let mut place: Box<dyn Write + Send> = match &self.output {
            Some(path) => Box::new(File::create(path).with_context(|| unwritable(path))?),
            None => Box::new(io::stdout()),
        };
        let mut last = None;
        while let Some(piece) = response.chunk().await.context("the result broke off; see the server's log")? {
            place.write_all(&piece)?;
            last = piece.last().copied();
        }
        if self.format != Format::Parquet && last.is_some_and(|last| last != b'\n') {
            place.write_all(b"\n")?;
        }
        place.flush()?;
        Ok(())
    }
}
