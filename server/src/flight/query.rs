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
    server.queries.run(server, query).await.map_err(status::of_query)
}

/// The columns of what a statement would return.
pub(super) async fn columns(server: &Arc<Server>, statement: &Statement) -> Result<SchemaRef, Status> {
    let Statement { database, sql, parameters } = statement.clone();
    let id = self::database(server, &database)?;
    let (tenant, system, database) = (id.tenant.clone(), View::new(server, &id), Arc::clone(&server.database));
    let planning = async move { database.result_columns(Some(system), &id, (&sql, &parameters)).await };
    server.queries.only_plan(&tenant, planning).await.map_err(status::of_query)
}

/// What a statement returns and takes, whatever values its parameters have.
pub(super) async fn describe(server: &Arc<Server>, statement: &Statement) -> Result<StatementDescription, Status> {
    let (id, sql) = (database(server, &statement.database)?, statement.sql.clone());
    let (tenant, system, database) = (id.tenant.clone(), View::new(server, &id), Arc::clone(&server.database));
    let planning = async move { database.describe(Some(system), &id, &sql).await };
    server.queries.only_plan(&tenant, planning).await.map_err(status::of_query)
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
