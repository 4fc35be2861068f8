//! `/api/v3/configure/database`: list, create and delete.

use std::convert::Infallible;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::stream;
use serde::Deserialize;
use tidegate::DatabaseName;

use super::names;
use super::query::{Format, answer};
use super::refusal::Refusal;
use super::request::{Json, Parameters};
use crate::server::Server;

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    format: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct NewDatabase {
    db: String,
    retention_period: Option<String>,
}

/// Deletion is at once: there is no time to wait for that is not ignored.
#[derive(Debug, Deserialize)]
pub(super) struct OldDatabase {
    db: String,
}

/// Lists the databases.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    Parameters(Listing { format }): Parameters<Listing>,
) -> Result<Response, Refusal> {
    let format = Format::wanted(format.as_deref(), &headers)?;
    let databases = server.database.databases(&server.tenant);
    let names: StringArray = databases.iter().map(|name| Some(DatabaseName::as_str(name))).collect();
    // The column's name is InfluxDB 3's: its clients look for it.
    let batch = RecordBatch::try_from_iter([("iox::database", Arc::new(names) as ArrayRef)])
        .map_err(|error| Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    answer(stream::iter([Ok::<_, Infallible>(batch)]), format).await
}

/// Creates a database.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Json(new): Json<NewDatabase>,
) -> Result<StatusCode, Refusal> {
    if new.retention_period.is_some_and(|period| period != "none") {
        return Err(Refusal::text(
            StatusCode::BAD_REQUEST,
            "retention periods are not supported yet; create the database without one",
        ));
    }
    let database = names::database(&server, &new.db)?;
    if server.database.create_database(&database) {
        return Ok(StatusCode::OK);
    }
    Err(Refusal::text(StatusCode::CONFLICT, "attempted to create a resource that already exists"))
}

/// Deletes a database with its tables and triggers.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    Parameters(OldDatabase { db }): Parameters<OldDatabase>,
) -> Result<StatusCode, Refusal> {
    let database = names::database(&server, &db)?;
    let not_found = || Refusal::text(StatusCode::NOT_FOUND, format!("the requested resource was not found: {db}"));
    if !server.database.has_database(&database) {
        return Err(not_found());
    }
    server.triggers.delete_all(&database).await?;
    server.database.delete_database(&database).map_err(|_| not_found())?;
    Ok(StatusCode::OK)
}
