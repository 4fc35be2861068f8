//! SQL over a snapshot of a database.

mod billed;
mod bounds;
mod deep_stack;
mod description;
mod memory;
mod no_panic;
mod parameters;
mod stop;
mod system;
mod table;
mod tables;
mod threads;
mod turns;

use std::sync::Arc;

use datafusion::catalog::{CatalogProviderList, MemoryCatalogProviderList, TableProvider};
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::GreedyMemoryPool;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::execution::session_state::{SessionState, SessionStateBuilder};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::SessionConfig;
use datafusion::sql::parser::Statement;
use futures::TryStreamExt as _;
use tidegate::{DatabaseError, DatabaseErrorKind, DatabaseId, Parameters};

use crate::storage::{Snapshot, Storage};
use deep_stack::with_deep_stack;
pub use description::{SchemaDescription, StatementDescription, TableDescription};
use memory::Share;
pub use system::SystemTables;
use table::SnapshotTable;
use tables::{Schemas, Tables};
use threads::Threads;

/// The names that InfluxDB 3 gives to what it has one of. They are in its error
/// messages and in `information_schema`.
pub const CATALOG: &str = "public";
const SCHEMA: &str = "iox";
const SYSTEM: &str = "system";

/// The database that has system tables and nothing else.
pub(crate) const INTERNAL: &str = "_internal";

/// How many threads one query may keep busy: guests share the machine.
const PARTITIONS: usize = 2;

/// Plans and runs statements. All of them share one pool of memory.
#[derive(Debug)]
pub(crate) struct QueryEngine {
    /// Each query starts with a copy: filling the tables of functions anew
    /// would cost more than a small query.
    template: SessionState,
    threads: Threads,
    /// What one query may hold.
    most_of_one: usize,
}

impl QueryEngine {
    pub(crate) fn new(memory_bytes: usize) -> Result<Self, DatabaseError> {
        billed::count_tasks();
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(memory_bytes)))
            // A guest's query must not fill the disk.
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
            .build_arc()
            .map_err(|error| DatabaseError::new(DatabaseErrorKind::Unavailable, error.to_string()))?;
        let mut config = SessionConfig::new()
            .with_target_partitions(PARTITIONS)
            .with_information_schema(true)
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false)
            // Large tables come in partitions anyway, and small ones should
            // return their rows in a steady order.
            .with_round_robin_repartition(false);
        let parser = &mut config.options_mut().sql_parser;
        // InfluxDB 3 leaves the case of names as it is.
        parser.enable_ident_normalization = false;
        parser.map_string_types_to_utf8view = false;
        let mut template = SessionStateBuilder::new()
            .with_default_features()
            .with_file_formats(Vec::new())
            .with_config(config)
            .with_runtime_env(runtime)
            .build();
        bounds::bound(&mut template)
            .map_err(|error| DatabaseError::new(DatabaseErrorKind::Unavailable, error.to_string()))?;
        let threads =
            Threads::start().map_err(|error| DatabaseError::new(DatabaseErrorKind::Unavailable, error.to_string()))?;
        Ok(Self { template, threads, most_of_one: memory_bytes / 2 })
    }

    /// Starts a statement that only reads, also from system tables if there are
    /// any.
    pub(crate) async fn run(
        &self,
        source: Source,
        (sql, parameters): (&str, &Parameters),
    ) -> Result<SendableRecordBatchStream, DatabaseError> {
        let (plan, context) = self.plan(source, (sql, parameters)).await?;
        let shared = context.runtime_env();
        let share = Arc::new(Share::new(Arc::clone(&shared.memory_pool), self.most_of_one));
        let runtime = RuntimeEnv { memory_pool: Arc::clone(&share) as _, ..RuntimeEnv::clone(&shared) };
        let context = Arc::new(context.with_runtime(Arc::new(runtime)));
        let rows = self.threads.execute(plan, context).map_err(|error| executing(&error))?;
        let schema = rows.schema();
        let rows = rows.map_err(move |error| share.explain(error));
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, rows)))
    }

    async fn plan(
        &self,
        source: Source,
        (sql, parameters): (&str, &Parameters),
    ) -> Result<(Arc<dyn ExecutionPlan>, TaskContext), DatabaseError> {
        source.require()?;
        let state = self.template.clone();
        let (sql, parameters) = (sql.to_owned(), parameters.clone());
        with_deep_stack(async move { plan(state, &source, (&sql, &parameters)).await }).await
    }
}

/// Where the tables of a statement come from.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) storage: Arc<Storage>,
    pub(crate) database: DatabaseId,
    pub(crate) system: Option<Arc<dyn SystemTables>>,
}

impl Source {
    fn require(&self) -> Result<(), DatabaseError> {
        if self.is_internal() { Ok(()) } else { self.storage.require(&self.database) }
    }

    fn is_internal(&self) -> bool {
        self.system.is_some() && self.database.name.as_str() == INTERNAL
    }

    /// The tables, with the rows of those that are referred to.
    fn catalog(&self, references: &[TableReference]) -> Result<Arc<dyn CatalogProviderList>, DatabaseError> {
        let wanted = references.iter().map(|reference| reference.table().to_owned()).collect();
        let snapshot =
            if self.is_internal() { Snapshot::default() } else { self.storage.snapshot(&self.database, &wanted)? };
        let in_system = references.iter().filter(|reference| reference.schema() == Some(SYSTEM));
        let missing =
            |tables: &Arc<dyn SystemTables>| in_system.into_iter().find_map(|one| tables.missing(one.table()));
        if let Some(error) = self.system.as_ref().and_then(missing) {
            return Err(error);
        }
        Ok(catalog(snapshot, self.system.as_ref()))
    }
}

async fn plan(
    mut state: SessionState,
    source: &Source,
    (sql, parameters): (&str, &Parameters),
) -> Result<(Arc<dyn ExecutionPlan>, TaskContext), DatabaseError> {
    let statement = parameters::bind(sql, parameters).map_err(planning)?;
    let plan = logical_plan(&mut state, source, statement).await?;
    let plan = state.create_physical_plan(&plan).await.map_err(planning)?;
    Ok((plan, TaskContext::from(&state)))
}

/// Plans a statement, if it only reads.
async fn logical_plan(
    state: &mut SessionState,
    source: &Source,
    statement: Statement,
) -> Result<LogicalPlan, DatabaseError> {
    let references = state.resolve_table_references(&statement).map_err(planning)?;
    state.register_catalog_list(source.catalog(&references)?);
    // Otherwise `now()` would be when the database was opened.
    state.mark_start_execution();

    let plan = state.statement_to_plan(statement).await.map_err(planning)?;
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    read_only.verify_plan(&plan).map_err(planning)?;
    bounds::check(&plan).map_err(planning)?;
    Ok(plan)
}

fn catalog(snapshot: Snapshot, system: Option<&Arc<dyn SystemTables>>) -> Arc<dyn CatalogProviderList> {
    let tables = snapshot.tables.into_iter();
    let tables = tables.map(|(name, table)| (name, Arc::new(SnapshotTable::new(table)) as Arc<dyn TableProvider>));
    let mut schemas = Schemas::default();
    schemas.0.insert(SCHEMA, Arc::new(Tables(tables.collect())));
    if let Some(tables) = system {
        schemas.0.insert(SYSTEM, system::schema(tables));
    }
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(schemas));
    Arc::new(catalogs)
}

// The texts are InfluxDB 3's: plugins print them.
#[expect(clippy::needless_pass_by_value, reason = "goes into map_err")]
fn planning(error: DataFusionError) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::Invalid, format!("error while planning query: {error}"))
}

/// What becomes of an error in the middle of a result.
#[must_use]
pub fn executing(error: &DataFusionError) -> DatabaseError {
    let kind = if matches!(error.find_root(), DataFusionError::ResourcesExhausted(_)) {
        DatabaseErrorKind::Unavailable
    } else {
        DatabaseErrorKind::Invalid
    };
    DatabaseError::new(kind, format!("error while executing plan: {error}"))
}

#[cfg(test)]
mod tests;
