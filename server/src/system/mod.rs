//! System tables: what the server knows about itself, as InfluxDB 3 shows it and
//! with what that lacks.
//!
//! Each database shows what is its own. The tenant's `_internal` shows that of
//! all its databases, and what belongs to none. Nothing is ever shown that the
//! caller may not see: a view begins with the caller.

mod columns;
mod databases;
mod logs;
mod plugin_files;
mod queries;
mod runs;
mod tokens;
mod triggers;

use std::fmt;
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use tidegate::{DatabaseError, DatabaseErrorKind, DatabaseId, TriggerStatus};
use tidegate_database::SystemTables;

use crate::caller::Caller;
use crate::permissions::Action;
use crate::server::Server;
use columns::{batch, schema};

/// The database whose system tables show those of all others.
pub(crate) const INTERNAL: &str = "_internal";

/// The system tables of one database.
pub(crate) struct View {
    server: Arc<Server>,
    caller: Caller,
    database: DatabaseId,
}

/// Those that every database has.
const EVERYWHERE: [&str; 6] = [
    "processing_engine_logs",
    "processing_engine_runs",
    "processing_engine_trigger_arguments",
    "processing_engine_triggers",
    "queries",
    "influxdb_schema",
];
/// Those that `_internal` has besides.
const INTERNAL_ONLY: [&str; 5] = ["databases", "nodes", "plugin_files", "tables", "tokens"];
/// Those that InfluxDB 3 has and this server has not.
const NOT_SUPPORTED: [(&str, &str); 4] = [
    ("last_caches", "ask for the last value with ORDER BY time DESC LIMIT 1"),
    ("distinct_caches", "use SELECT DISTINCT"),
    ("parquet_files", "the rows of this version are in memory"),
    ("generation_durations", "the rows of this version are in memory"),
];

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").field("database", &self.database).finish_non_exhaustive()
    }
}

impl View {
    pub(crate) fn new(server: &Arc<Server>, caller: &Caller, database: &DatabaseId) -> Arc<Self> {
        Arc::new(Self { server: Arc::clone(server), caller: caller.clone(), database: database.clone() })
    }

    fn is_internal(&self) -> bool {
        self.database.name.as_str() == INTERNAL
    }

    /// Whether what belongs to `database` is shown, for which the caller needs the
    /// permission for `action`.
    fn shows(&self, action: Action, database: &DatabaseId) -> bool {
        self.caller.may(action, database) && (self.is_internal() || *database == self.database)
    }

    fn triggers(&self) -> Vec<TriggerStatus> {
        let mut triggers = self.server.triggers.list_all(self.caller.tenant());
        triggers.retain(|status| self.shows(Action::Triggers, &status.trigger.id.database));
        triggers
    }
}

impl SystemTables for View {
    fn names(&self) -> Vec<&'static str> {
        let internal = if self.is_internal() { &INTERNAL_ONLY[..] } else { &[] };
        EVERYWHERE.iter().chain(internal).copied().collect()
    }

    fn schema(&self, table: &str) -> Option<SchemaRef> {
        Some(match table {
            "processing_engine_logs" => schema(logs::COLUMNS),
            "processing_engine_runs" => schema(runs::COLUMNS),
            "processing_engine_trigger_arguments" => schema(triggers::ARGUMENTS),
            "processing_engine_triggers" => schema(triggers::COLUMNS),
            "queries" => schema(queries::COLUMNS),
            "influxdb_schema" => schema(databases::SCHEMA),
            "databases" => schema(databases::DATABASES),
            "tables" => schema(databases::TABLES),
            "nodes" => schema(databases::NODES),
            "plugin_files" => schema(plugin_files::COLUMNS),
            "tokens" => schema(tokens::COLUMNS),
            _ => return None,
        })
    }

    fn rows(&self, table: &str) -> Result<RecordBatch, ArrowError> {
        match table {
            "processing_engine_logs" => batch(logs::COLUMNS, &logs::rows(self)),
            "processing_engine_runs" => batch(runs::COLUMNS, &runs::rows(self)),
            "processing_engine_trigger_arguments" => batch(triggers::ARGUMENTS, &triggers::arguments(self)),
            "processing_engine_triggers" => batch(triggers::COLUMNS, &triggers::rows(self)),
            "queries" => batch(queries::COLUMNS, &queries::rows(self)),
            "influxdb_schema" => batch(databases::SCHEMA, &databases::columns(self)),
            "databases" => batch(databases::DATABASES, &databases::databases(self)),
            "tables" => batch(databases::TABLES, &databases::tables(self)),
            "nodes" => batch(databases::NODES, &[databases::node(self)]),
            "plugin_files" => batch(plugin_files::COLUMNS, &plugin_files::rows(self)),
            "tokens" => batch(tokens::COLUMNS, &tokens::rows(self)),
            other => Err(ArrowError::InvalidArgumentError(format!("there is no system table `{other}`"))),
        }
    }

    fn missing(&self, table: &str) -> Option<DatabaseError> {
        if INTERNAL_ONLY.contains(&table) && !self.is_internal() {
            let why = format!("system.{table} is a table of the database `{INTERNAL}`; ask there");
            return Some(DatabaseError::new(DatabaseErrorKind::Invalid, why));
        }
        let (_, instead) = NOT_SUPPORTED.iter().find(|(name, _)| *name == table)?;
        let why = format!("system.{table} is not supported; {instead}");
        Some(DatabaseError::new(DatabaseErrorKind::NotSupported, why))
    }
}

#[cfg(test)]
mod tests;
