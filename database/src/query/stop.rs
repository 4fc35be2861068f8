//! Ends a query in the middle of something.
//!
//! Whoever drops a stream ends its query, unless that is busy. A join looks at all
//! pairs of rows before it returns, however few of them are wanted: so it looks at
//! a flag for each batch of pairs that it makes.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::datatypes::{FieldRef, Schema};
use arrow::record_batch::RecordBatch;
use datafusion::common::exec_err;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::joins::utils::JoinFilter;
use datafusion::physical_plan::joins::{HashJoinExec, NestedLoopJoinExec, NestedLoopJoinExecBuilder};

/// Ends a query, also one that is busy, when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Stop(Stopped);

/// Whether a query is to end.
type Stopped = Arc<AtomicBool>;

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The same plan, whose joins end with `stop`.
pub(super) fn stoppable(plan: Arc<dyn ExecutionPlan>, stop: &Stop) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let join = |node: Arc<dyn ExecutionPlan>| {
        let watching: Arc<dyn ExecutionPlan> = if let Some(join) = node.downcast_ref::<NestedLoopJoinExec>()
            && let Some(filter) = join.filter()
        {
            watched_loop(join, watched(filter, &stop.0))?
        } else if let Some(join) = node.downcast_ref::<HashJoinExec>()
            && let Some(filter) = join.filter()
        {
            Arc::new(join.builder().with_filter(Some(watched(filter, &stop.0))).build()?)
        } else {
            return Ok(Transformed::no(node));
        };
        Ok(Transformed::yes(watching))
    };
    plan.transform_up(join).map(|plan| plan.data)
}

fn watched_loop(join: &NestedLoopJoinExec, filter: JoinFilter) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    let (left, right) = (Arc::clone(join.left()), Arc::clone(join.right()));
    let rebuilt = NestedLoopJoinExecBuilder::new(left, right, *join.join_type());
    let rebuilt = rebuilt.with_projection_ref(join.projection().clone()).with_filter(Some(filter));
    Ok(Arc::new(rebuilt.build()?))
}

fn watched(filter: &JoinFilter, stopped: &Stopped) -> JoinFilter {
    let (expression, stopped) = (Arc::clone(filter.expression()), Arc::clone(stopped));
    let expression = Arc::new(Watched { expression, stopped });
    JoinFilter::new(expression, filter.column_indices().to_vec(), Arc::clone(filter.schema()))
}

/// A condition of a join, which fails once the query is to end.
#[derive(Debug)]
struct Watched {
    expression: Arc<dyn PhysicalExpr>,
    stopped: Stopped,
}

impl PhysicalExpr for Watched {
    fn return_field(&self, schema: &Schema) -> Result<FieldRef, DataFusionError> {
        self.expression.return_field(schema)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue, DataFusionError> {
        if self.stopped.load(Ordering::Relaxed) {
            return exec_err!("nobody waits for the query any more");
        }
        self.expression.evaluate(batch)
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        vec![&self.expression]
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn PhysicalExpr>>,
    ) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        match children.pop() {
            Some(expression) => Ok(Arc::new(Self { expression, stopped: Arc::clone(&self.stopped) })),
            None => Ok(self),
        }
    }

    fn fmt_sql(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt_sql(f)
    }
}

impl fmt::Display for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

impl PartialEq for Watched {
    fn eq(&self, other: &Self) -> bool {
        self.expression.eq(&other.expression)
    }
}

impl Eq for Watched {}

impl Hash for Watched {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expression.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::StreamExt as _;
    use tidegate::Parameters;

    use crate::fixture::{CPU, Fixture, database};

    /// Joins that return nothing for hours, or much at once.
    const ENDLESS: [&str; 4] = [
        "SELECT count(*) FROM generate_series(1, 2000000) a, generate_series(1, 2000000) b WHERE a.value + b.value < 0",
        "SELECT count(*) FROM generate_series(1, 2000000) a, generate_series(1, 2000000) b WHERE a.value > b.value",
        "SELECT count(*) FROM generate_series(1, 2000000) a, generate_series(1, 2000000) b",
        "SELECT count(*) FROM generate_series(1, 2000000) a JOIN generate_series(1, 2000000) b \
         ON a.value % 2 = b.value % 2 AND a.value + b.value < 0",
    ];

    #[tokio::test(flavor = "multi_thread")]
    async fn a_join_ends_when_nobody_waits_for_it() {
        let fixture = Fixture::with(CPU).await;
        let threads = std::thread::available_parallelism().unwrap().get();
        for sql in ENDLESS {
            // So many that no thread is left to others unless they end.
            for _ in 0..threads {
                let mut rows = fixture.database.sql(&database(), sql, &Parameters::new()).await.unwrap();
                let ended = tokio::time::timeout(Duration::from_millis(200), rows.next()).await;
                assert!(!matches!(ended, Ok(Some(Ok(_)))), "{sql} has a result");
            }
            let other = tokio::time::timeout(Duration::from_secs(60), fixture.rows("SELECT 1")).await;
            assert_eq!(other.unwrap_or_else(|_| panic!("{sql} does not end")), "1");
        }
    }

    #[tokio::test]
    async fn joins_have_the_same_rows() {
        let fixture = Fixture::with(CPU).await;
        let sql = "SELECT count(*) FROM cpu a JOIN cpu b ON a.host = b.host AND a.time <= b.time";
        let (first, second) = (fixture.rows(sql).await, fixture.rows("SELECT count(*) FROM cpu a, cpu b").await);
        assert_eq!((first.as_str(), second.as_str()), ("4", "9"));
        let sql = "SELECT count(*) FROM cpu a JOIN cpu b ON a.usage >= b.usage OR a.time > b.time";
        assert!(!fixture.rows(sql).await.starts_with('!'));
    }
}
