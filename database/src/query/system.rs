//! Tables in the schema `system`, which somebody else fills.

use std::fmt;
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{SchemaProvider, Session, TableProvider};
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use tidegate::DatabaseError;

use super::tables::Tables;

/// What a server knows about itself, as tables in the schema `system` of one
/// database. Which database that is, and whose, is the implementor's to know.
pub trait SystemTables: fmt::Debug + Send + Sync + 'static {
    /// The tables that there are.
    fn names(&self) -> Vec<&'static str>;

    /// The columns of a table; none if it does not exist.
    fn schema(&self, table: &str) -> Option<SchemaRef>;

    /// The rows of a table as they are now, with the columns of its schema.
    ///
    /// Called once for each query that reads the table.
    ///
    /// # Errors
    /// If the columns contradict each other, which is a bug.
    fn rows(&self, table: &str) -> Result<RecordBatch, ArrowError>;

    /// Why a table that does not exist is not there, if there is more to say.
    fn missing(&self, table: &str) -> Option<DatabaseError>;
}

/// One of them.
#[derive(Debug)]
struct SystemTable {
    tables: Arc<dyn SystemTables>,
    name: &'static str,
    schema: SchemaRef,
}

/// The schema that holds them all.
pub(super) fn schema(tables: &Arc<dyn SystemTables>) -> Arc<dyn SchemaProvider> {
    let table = |name| {
        let table = SystemTable { tables: Arc::clone(tables), name, schema: tables.schema(name)? };
        Some((name.to_owned(), Arc::new(table) as Arc<dyn TableProvider>))
    };
    Arc::new(Tables(tables.names().into_iter().filter_map(table).collect()))
}

#[async_trait]
impl TableProvider for SystemTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let rows = vec![vec![self.tables.rows(self.name)?]];
        Ok(MemorySourceConfig::try_new_exec(&rows, self.schema(), projection.cloned())?)
    }
}
