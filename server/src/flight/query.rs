//! The one place where statements of Flight reach the database.

use arrow::datatypes::SchemaRef;
use tidegate_database::{SchemaDescription, SendableRecordBatchStream, StatementDescription};
use tonic::Status;

use super::statement::Statement;
use super::status;
use crate::http::names::database_id;
use crate::server::Server;

/// Runs a statement and streams what it returns.
pub(super) async fn run(server: &Server, statement: &Statement) -> Result<SendableRecordBatchStream, Status> {
    let Statement { database, sql, parameters } = statement;
    let database = database_id(server, database).map_err(status::invalid)?;
    server.database.sql(&database, sql, parameters).await.map_err(status::of)
}

/// The columns of what a statement would return.
pub(super) async fn columns(server: &Server, statement: &Statement) -> Result<SchemaRef, Status> {
    let Statement { database, sql, parameters } = statement;
    let database = database_id(server, database).map_err(status::invalid)?;
    server.database.result_columns(None, &database, (sql, parameters)).await.map_err(status::of)
}

/// What a statement returns and takes, whatever values its parameters have.
pub(super) async fn describe(server: &Server, statement: &Statement) -> Result<StatementDescription, Status> {
    let database = database_id(server, &statement.database).map_err(status::invalid)?;
    server.database.describe(None, &database, &statement.sql).await.map_err(status::of)
}

/// What there is to be queried in a database.
pub(super) async fn schemas(server: &Server, database: &str) -> Result<Vec<SchemaDescription>, Status> {
    let database = database_id(server, database).map_err(status::invalid)?;
    server.database.schemas(None, &database).await.map_err(status::of)
}
