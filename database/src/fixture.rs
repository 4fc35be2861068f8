//! A database for tests, and what it answers as text.

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;
use arrow::util::pretty::pretty_format_batches;
use datafusion::physical_plan::common::collect;
use tidegate::{
    Commit, Database, DatabaseError, DatabaseId, DatabaseName, Durability, Parameters, Position, Timestamp, Value,
};

use crate::{EmbeddedDatabase, Partial, Precision, Settings, WriteError, WriteOptions, WriteReport};

/// Daily weather of Seattle, from NOAA's observations.
pub(crate) const WEATHER: &str = include_str!("testdata/weather.lp");

/// Rows of every type of field.
pub(crate) const CPU: &str = "\
cpu,host=a,rack=r1 usage=0.5,cores=4i,big=18446744073709551615u,on=true,note=\"x\" 1704067200000000000
cpu,host=b usage=1.5,cores=8i 1704067260000000000
cpu,host=a,rack=r1 usage=2.5 1704067860000000000";

pub(crate) fn database() -> DatabaseId {
    named("sensors")
}

pub(crate) fn named(name: &str) -> DatabaseId {
    DatabaseName::new(name).unwrap().into()
}

pub(crate) fn options(partial: Partial) -> WriteOptions {
    WriteOptions { precision: Precision::Nanosecond, partial, time: Timestamp(1_000), durability: Durability::Durable }
}

/// A commit of `lines` for the named databases by nobody in particular.
pub(crate) fn commit(lines: &[(&str, &str)]) -> Commit {
    Commit {
        origin: None,
        lines: lines.iter().map(|(database, lines)| (named(database), (*lines).to_owned())).collect(),
        time: Timestamp(1_000),
        cursors: BTreeMap::new(),
        durability: Durability::Durable,
    }
}

pub(crate) fn parameters(parameters: &[(&str, Value)]) -> Parameters {
    parameters.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

pub(crate) struct Fixture {
    pub(crate) database: EmbeddedDatabase,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { database: EmbeddedDatabase::new(Settings::default()).unwrap() }
    }

    pub(crate) async fn with(lines: &str) -> Self {
        let fixture = Self::new();
        fixture.write(lines).await.unwrap();
        fixture
    }

    pub(crate) async fn write(&self, lines: &str) -> Result<WriteReport, WriteError> {
        self.database.write(&database(), lines, options(Partial::Reject)).await
    }

    pub(crate) async fn commit(&self, lines: &[(&str, &str)]) -> Result<Position, DatabaseError> {
        self.database.commit(commit(lines)).await
    }

    pub(crate) async fn batches(
        &self,
        sql: &str,
        parameters: &[(&str, Value)],
    ) -> Result<Vec<RecordBatch>, DatabaseError> {
        let stream = self.database.sql(&database(), sql, &self::parameters(parameters)).await?;
        collect(stream).await.map_err(|error| crate::query::executing(&error))
    }

    /// The cells of the rows that `sql` returns: columns by comma, rows by line.
    pub(crate) async fn rows(&self, sql: &str) -> String {
        self.rows_with(sql, &[]).await
    }

    pub(crate) async fn rows_with(&self, sql: &str, parameters: &[(&str, Value)]) -> String {
        match self.batches(sql, parameters).await {
            Ok(batches) => cells(&batches),
            Err(error) => format!("! {error}"),
        }
    }
}

fn cells(batches: &[RecordBatch]) -> String {
    let table = pretty_format_batches(batches).unwrap().to_string();
    let rows = table.lines().filter(|line| line.starts_with('|')).skip(1);
    let rows = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>().join(","));
    rows.collect::<Vec<_>>().join("\n")
}
