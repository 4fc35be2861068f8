//! A table as a query sees it.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, TimestampNanosecondArray};
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::{Column, DFSchema, ScalarValue};
use datafusion::datasource::TableType;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::datasource::source::DataSourceExec;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;

use super::PARTITIONS;
use crate::schema::TIME;
use crate::storage::{StoredRows, TableSnapshot};

/// Tables with fewer rows are read by one thread, in the order in which they
/// were written.
const ROWS_WORTH_A_THREAD: usize = 65_536;

#[derive(Debug)]
pub(super) struct SnapshotTable {
    table: TableSnapshot,
}

impl SnapshotTable {
    pub(super) fn new(table: TableSnapshot) -> Self {
        Self { table }
    }

    /// The rows that may pass `filters` as far as these are about time.
    fn rows_within(&self, state: &dyn Session, filters: &[Expr]) -> Result<Vec<RecordBatch>, DataFusionError> {
        let rows = &self.table.rows;
        let about_time = |filter: &&Expr| filter.column_refs().iter().all(|column| column.name == TIME);
        let Some(filter) = conjunction(filters.iter().filter(about_time).cloned()) else {
            return Ok(rows.iter().map(|rows| rows.batch.clone()).collect());
        };
        let schema = self.schema();
        let filter = state.create_physical_expr(filter, &DFSchema::try_from(Arc::clone(&schema))?)?;
        let may_pass =
            PruningPredicateBuilder::new().with_file_schema(schema).try_build(filter)?.prune(&Times(rows))?;
        Ok(rows.iter().zip(may_pass).filter(|(_, pass)| *pass).map(|(rows, _)| rows.batch.clone()).collect())
    }
}

#[async_trait]
impl TableProvider for SnapshotTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.table.schema.arrow())
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>, DataFusionError> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
        let batches = self.rows_within(state, filters)?;
        let rows = batches.iter().map(RecordBatch::num_rows).fold(0, usize::saturating_add);
        let partitions = if rows < ROWS_WORTH_A_THREAD { 1 } else { PARTITIONS };
        let mut partitions: Vec<_> =
            batches.chunks(batches.len().div_ceil(partitions).max(1)).map(<[_]>::to_vec).collect();
        if partitions.is_empty() {
            partitions.push(Vec::new());
        }
        let source = MemorySourceConfig::try_new(&partitions, self.schema(), projection.cloned())?.with_limit(limit);
        Ok(DataSourceExec::from_data_source(source))
    }
}

/// When the rows of each batch are.
struct Times<'r>(&'r [StoredRows]);

impl Times<'_> {
    fn of(&self, column: &Column, time: impl Fn(&StoredRows) -> i64) -> Option<ArrayRef> {
        let times = || TimestampNanosecondArray::from_iter_values(self.0.iter().map(time));
        (column.name == TIME).then(|| Arc::new(times()) as ArrayRef)
    }
}

impl PruningStatistics for Times<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |rows| rows.first)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.of(column, |rows| rows.last)
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, _: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        None
    }

    fn contained(&self, _: &Column, _: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
