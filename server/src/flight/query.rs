//! Where statements of Flight reach the database.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use tidegate::DatabaseId;
use tidegate_database::{SchemaDescription, StatementDescription};
use tonic::Status;

use super::statement::Statement;
use super::status;
use crate::http::names;
use crate::queries::{Protocol, Query, Rows};
use crate::server::Server;
use crate::system::View;

/// Runs a statement and streams what it returns.
pub(super) async fn run(server: &Arc<Server>, statement: &Statement, protocol: Protocol) -> Result<Rows, Status> {
    let Statement { database, sql, parameters } = statement;
    let query = Query { database: &self::database(server, database)?, sql, parameters, protocol };
    server.queries.run(server, query).await.map_err(status::of)
}

/// The columns of what a statement would return.
pub(super) async fn columns(server: &Arc<Server>, statement: &Statement) -> Result<SchemaRef, Status> {
    let Statement { database, sql, parameters } = statement;
    let database = self::database(server, database)?;
    let system = View::new(server, &database);
    server.database.result_columns(Some(system), &database, (sql, parameters)).await.map_err(status::of)
}

/// What a statement returns and takes, whatever values its parameters have.
pub(super) async fn describe(server: &Arc<Server>, statement: &Statement) -> Result<StatementDescription, Status> {
    let database = database(server, &statement.database)?;
    let system = View::new(server, &database);
    server.database.describe(Some(system), &database, &statement.sql).await.map_err(status::of)
}

/// What there is to be queried in a database.
pub(super) async fn schemas(server: &Arc<Server>, database: &str) -> Result<Vec<SchemaDescription>, Status> {
    let database = self::database(server, database)?;
    let system = View::new(server, &database);
    server.database.schemas(Some(system), &database).await.map_err(status::of)
}

fn database(server: &Server, name: &str) -> Result<DatabaseId, Status> {
    names::existing(server, name).map_err(|refusal| status::invalid(refusal.reason))
}
