//! Arrow's columns become those that guests and servers know.

mod column;
mod json;

use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;
use tidegate::{ColumnDescription, DatabaseError, QueryResult};

use crate::query::executing;

/// The same result in the runtime's words.
pub(crate) fn query_result(stream: SendableRecordBatchStream) -> Result<QueryResult, DatabaseError> {
    let schema = stream.schema();
    let describe = |field: &arrow::datatypes::FieldRef| {
        let column_type = column::column_type(field.data_type())?;
        let database_type = field.data_type().to_string();
        Ok(ColumnDescription { name: field.name().clone(), column_type, database_type })
    };
    let columns = schema.fields().iter().map(describe).collect::<Result<_, DatabaseError>>()?;
    let batches = stream.map(move |batch| {
        let batch = batch.map_err(|error| executing(&error))?;
        let columns = schema.fields().iter().zip(batch.columns());
        columns.map(|(field, array)| column::column(field.name(), array)).collect()
    });
    Ok(QueryResult { columns, batches: batches.boxed() })
}

#[cfg(test)]
mod tests;
