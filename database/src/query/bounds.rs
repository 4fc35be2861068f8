//! What a statement may not ask for: what one value or one plan would take that
//! the pool of memory does not see.

use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, AsArray, Int64Array};
use arrow::compute::{cast, max};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{ScalarValue, plan_datafusion_err, plan_err};
use datafusion::error::DataFusionError;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{
    ColumnarValue, Expr, LogicalPlan, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

/// What one call of a function may make.
const MAX_BYTES: usize = 64 << 20;

/// How long a list of a fixed length may be.
const LONGEST_LIST: i32 = 65_536;

/// More would take the planner many seconds, in which it cannot be interrupted.
const MAX_COLUMNS: usize = 4_096;
const MAX_JOINS: usize = 32;

/// The functions whose second argument says how much they make.
const MULTIPLYING: [&str; 5] = ["repeat", "lpad", "rpad", "array_repeat", "array_resize"];

/// Refuses plans that would take long to go on with, and those with values of a
/// size that somebody chose: folding constants would make them before anything
/// runs.
pub(super) fn check(plan: &LogicalPlan) -> Result<(), DataFusionError> {
    let mut joins = 0_usize;
    plan.apply_with_subqueries(|node| {
        joins = joins.saturating_add(usize::from(matches!(node, LogicalPlan::Join(_))));
        let columns = node.schema().fields().len();
        if columns > MAX_COLUMNS {
            return plan_err!("the statement has too many columns. columns=`{columns}` allowed=`{MAX_COLUMNS}`");
        }
        if joins > MAX_JOINS {
            return plan_err!("the statement has too many joins. allowed=`{MAX_JOINS}`");
        }
        node.apply_expressions(|expr| expr.apply(|expr| check_expr(expr).map(|()| TreeNodeRecursion::Continue)))
    })
    .map(|_| ())
}

#[expect(clippy::wildcard_enum_match_arm, reason = "few expressions and types have a size that somebody chose")]
fn check_expr(expr: &Expr) -> Result<(), DataFusionError> {
    let too_long = || plan_datafusion_err!("a list of a fixed length is too long. allowed=`{LONGEST_LIST}`");
    let data_type = match expr {
        Expr::Cast(cast) => cast.field.data_type(),
        Expr::TryCast(cast) => cast.field.data_type(),
        Expr::ScalarFunction(call) if call.name().contains("arrow_") => {
            let named = call.args.iter().any(|argument| {
                matches!(argument, Expr::Literal(ScalarValue::Utf8(Some(name)), _) if name.contains("FixedSize"))
            });
            return if named { plan_err!("lists and binaries of a fixed size are not supported") } else { Ok(()) };
        }
        _ => return Ok(()),
    };
    match data_type {
        DataType::FixedSizeList(_, length) | DataType::FixedSizeBinary(length) if *length > LONGEST_LIST => {
            Err(too_long())
        }
        _ => Ok(()),
    }
}

/// Puts bounds on the functions that make much of little.
pub(super) fn bound(state: &mut SessionState) -> Result<(), DataFusionError> {
    for name in MULTIPLYING {
        if let Some(function) = state.scalar_functions().get(name).cloned() {
            let bounded = Arc::new(ScalarUDF::new_from_impl(Bounded(function)));
            datafusion::execution::FunctionRegistry::register_udf(state, bounded)?;
        }
    }
    Ok(())
}

/// A function that makes no more than it may.
#[derive(PartialEq, Eq, Hash)]
struct Bounded(Arc<ScalarUDF>);

impl fmt::Debug for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bounded").field(&self.0.name()).finish()
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn aliases(&self) -> &[String] {
        self.0.aliases()
    }

    fn signature(&self) -> &Signature {
        self.0.signature()
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>, DataFusionError> {
        self.0.coerce_types(types)
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType, DataFusionError> {
        self.0.return_type(types)
    }

    fn invoke_with_args(&self, arguments: ScalarFunctionArgs) -> Result<ColumnarValue, DataFusionError> {
        let bytes = made(&arguments)?;
        if bytes > MAX_BYTES {
            let name = self.name();
            return Err(DataFusionError::Execution(format!(
                "a function would make too much. function=`{name}` bytes=`{bytes}` allowed=`{MAX_BYTES}`"
            )));
        }
        self.0.invoke_with_args(arguments)
    }
}

/// What a call makes at most, in bytes.
fn made(arguments: &ScalarFunctionArgs) -> Result<usize, DataFusionError> {
    let [what, count, ..] = arguments.args.as_slice() else { return Ok(0) };
    let of_one = |what: &ScalarValue| what.size().saturating_mul(arguments.number_rows.max(1));
    let each = match what {
        ColumnarValue::Scalar(what) => of_one(what),
        ColumnarValue::Array(what) => what.get_array_memory_size(),
    };
    // A character takes up to four bytes, whatever is padded.
    let each = each.max(arguments.number_rows.saturating_mul(4));
    let count = match count {
        ColumnarValue::Scalar(count) => count.to_array()?,
        ColumnarValue::Array(count) => Arc::clone(count),
    };
    let counts = cast(&count, &DataType::Int64)?;
    let most = max::<Int64Type>(counts.as_primitive_opt::<Int64Type>().unwrap_or(&Int64Array::new_null(0)));
    Ok(each.saturating_mul(usize::try_from(most.unwrap_or(0)).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use crate::fixture::{CPU, Fixture};

    #[tokio::test]
    async fn nothing_makes_much_of_little() {
        let fixture = Fixture::with(CPU).await;
        for (sql, says) in [
            ("SELECT length(repeat('a', 2000000000))", "a function would make too much. function=`repeat`"),
            ("SELECT length(repeat(host, cores * 1000000000)) FROM cpu WHERE cores > 0", "function=`repeat`"),
            ("SELECT lpad('a', 2147483647, 'b')", "function=`lpad`"),
            ("SELECT rpad('x', 2147483646, 'é')", "function=`rpad`"),
            ("SELECT array_repeat(1, 2000000000)", "function=`array_repeat`"),
            ("SELECT arrow_cast(NULL, 'FixedSizeList(2147483647, Int64)')", "of a fixed size are not supported"),
            ("SELECT a FROM (SELECT arrow_cast(NULL, 'FixedSizeBinary(2147483647)') AS a)", "of a fixed size"),
            (
                "SELECT count(*) FROM cpu GROUP BY CUBE(host, rack, on, note, big, cores, usage, time, 1, 2, 3)",
                "grouping_sets=`2048`",
            ),
        ] {
            let error = fixture.rows(sql).await;
            assert!(error.contains(says), "{sql}: {error}");
        }
    }

    #[tokio::test]
    async fn no_plan_is_too_large_to_be_planned() {
        let fixture = Fixture::with(CPU).await;
        let wide: Vec<_> = (0..5_000).map(|column| format!("{column} AS c{column}")).collect();
        let error = fixture.rows(&format!("SELECT {}", wide.join(", "))).await;
        assert!(error.contains("columns=`5000` allowed=`4096`"), "{error}");
        let joined: Vec<_> = (0..40).map(|table| format!("cpu AS t{table}")).collect();
        let error = fixture.rows(&format!("SELECT count(*) FROM {}", joined.join(", "))).await;
        assert!(error.contains("too many joins. allowed=`32`"), "{error}");
    }

    #[tokio::test]
    async fn what_is_reasonable_goes_on() {
        let fixture = Fixture::with(CPU).await;
        assert_eq!(fixture.rows("SELECT length(repeat('ab', 1000)), lpad('7', 3, '0'), rpad(host, 3, '-') FROM cpu ORDER BY time LIMIT 1").await, "2000,007,a--");
        assert_eq!(
            fixture.rows("SELECT count(*) FROM cpu GROUP BY ROLLUP(host, rack) ORDER BY 1 DESC LIMIT 1").await,
            "3"
        );
        assert_eq!(fixture.rows("SELECT arrow_cast(1, 'Int32')").await, "1");
    }

    #[tokio::test]
    async fn a_bug_of_the_engine_is_an_error_of_the_query() {
        let fixture = Fixture::with(CPU).await;
        let error = fixture.rows("SELECT approx_percentile_cont(usage, 0.5, 9223372036854775807) FROM cpu").await;
        assert!(error.contains("the query engine cannot do this"), "{error}");
    }
}
