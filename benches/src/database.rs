//! A database that costs next to nothing, so that what is measured is the
//! sandbox.

use async_trait::async_trait;
use futures::stream::{self, StreamExt};
use tidegate::{
    Column, ColumnDescription, ColumnType, ColumnValues, Commit, Database, DatabaseError, DatabaseId, Parameters,
    Position, QueryResult,
};

/// Answers every query with the same ten rows and keeps nothing.
#[derive(Debug)]
pub(crate) struct TenRows;

const ROWS: u32 = 10;

#[async_trait]
impl Database for TenRows {
    async fn query(&self, _: &DatabaseId, _: &str, _: &Parameters) -> Result<QueryResult, DatabaseError> {
        let column = |name: &str, column_type, database_type: &str| ColumnDescription {
            name: name.to_owned(),
            column_type,
            database_type: database_type.to_owned(),
        };
        let columns = vec![
            column("host", ColumnType::Text, "Dictionary(Int32, Utf8)"),
            column("usage", ColumnType::F64, "Float64"),
            column("time", ColumnType::Time, "Timestamp(Nanosecond, None)"),
        ];
        Ok(QueryResult { columns, batches: stream::iter([Ok(ten_rows())]).boxed() })
    }

    async fn commit(&self, _: Commit) -> Result<Position, DatabaseError> {
        Ok(Position::default())
    }
}

fn ten_rows() -> Vec<Column> {
    let hosts = ColumnValues::Coded {
        codes: (0..ROWS).collect(),
        dictionary: (0..ROWS).map(|host| format!("host-{host}")).collect(),
    };
    let usage = ColumnValues::F64((0..ROWS).map(f64::from).collect());
    let times = ColumnValues::Time((0..ROWS).map(i64::from).collect());
    vec![Column::full("host", hosts), Column::full("usage", usage), Column::full("time", times)]
}
