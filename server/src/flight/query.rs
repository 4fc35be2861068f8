//! Where statements of Flight reach the database.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use tidegate_database::{SchemaDescription, StatementDescription};
use tonic::Status;

use super::session::Session;
use super::statement::Statement;
use super::status;
use crate::queries::{Protocol, Query, Rows};

/// Runs a statement and streams what it returns.
pub(super) async fn run(session: &Session, statement: &Statement, protocol: Protocol) -> Result<Rows, Status> {
    let Statement { database, sql, parameters } = statement;
    let (database, _) = session.database(database)?;
    let query = Query { caller: &session.caller, database: &database, sql, parameters, protocol };
    session.server.queries.run(&session.server, query).await.map_err(status::of_query)
}

/// The columns of what a statement would return.
pub(super) async fn columns(session: &Session, statement: &Statement) -> Result<SchemaRef, Status> {
    let Statement { database, sql, parameters } = statement.clone();
    let (id, system) = session.database(&database)?;
    let (tenant, database) = (id.tenant.clone(), Arc::clone(&session.server.database));
    let planning = async move { database.result_columns(Some(system), &id, (&sql, &parameters)).await };
    session.server.queries.only_plan(&tenant, planning).await.map_err(status::of_query)
}

/// What a statement returns and takes, whatever values its parameters have.
pub(super) async fn describe(session: &Session, statement: &Statement) -> Result<StatementDescription, Status> {
    let ((id, system), sql) = (session.database(&statement.database)?, statement.sql.clone());
    let (tenant, database) = (id.tenant.clone(), Arc::clone(&session.server.database));
    let planning = async move { database.describe(Some(system), &id, &sql).await };
    session.server.queries.only_plan(&tenant, planning).await.map_err(status::of_query)
}

/// What there is to be queried in a database.
pub(super) async fn schemas(session: &Session, database: &str) -> Result<Vec<SchemaDescription>, Status> {
    let (database, system) = session.database(database)?;
    session.server.database.schemas(Some(system), &database).await.map_err(status::of)
}
