//! `/api/v3/configure/table`: create and delete.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tidegate::{BadName, TableName};
use tidegate_database::TableDefinition;

use super::auth::Administrator;
use super::databases::{check_time, existing};
use super::refusal::Refusal;
use super::request::{Json, Parameters};
use crate::caller::Caller;
use crate::catalog::StoredTable;
use crate::server::Server;

#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    db: String,
    table: String,
    tags: Vec<String>,
    #[serde(default)]
    fields: Vec<FieldDefinition>,
}

#[derive(Debug, Deserialize)]
struct FieldDefinition {
    name: String,
    r#type: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deletion {
    db: String,
    table: String,
    hard_delete_at: Option<String>,
}

/// Creates a table in a database that is there.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(new): Json<Definition>,
) -> Result<StatusCode, Refusal> {
    // Its database must not go meanwhile.
    let _turn = server.triggers.turn().await;
    let (database, name) = (existing((&server, &caller), &new.db)?, table(&new.table)?);
    let fields: Vec<_> = new.fields.into_iter().map(|field| (field.name, field.r#type)).collect();
    let stored = StoredTable { tags: new.tags.clone(), fields: fields.clone() };
    let definition = TableDefinition { name: name.clone(), tags: new.tags, fields };
    if !server.database.create_table(&database, definition)? {
        return Err(Refusal::text(StatusCode::CONFLICT, "attempted to create a resource that already exists"));
    }
    if let Err(error) = server.keep_table((&database, &name), Some(stored)).await {
        server.database.delete_table(&database, &name)?;
        return Err(error.into());
    }
    Ok(StatusCode::OK)
}

/// Deletes a table with its rows.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Parameters(Deletion { db, table: name, hard_delete_at }): Parameters<Deletion>,
) -> Result<StatusCode, Refusal> {
    check_time(hard_delete_at.as_deref())?;
    let _turn = server.triggers.turn().await;
    let (database, name) = (existing((&server, &caller), &db)?, table(&name)?);
    if !server.database.tables(&database)?.contains(&name) {
        return Err(Refusal::text(StatusCode::NOT_FOUND, format!("the requested resource was not found: {name}")));
    }
    server.keep_table((&database, &name), None).await?;
    server.database.delete_table(&database, &name)?;
    Ok(StatusCode::OK)
}

fn table(name: &str) -> Result<TableName, Refusal> {
    let invalid = |error: BadName| Refusal::text(StatusCode::BAD_REQUEST, error.to_string());
    TableName::new(name).map_err(invalid)
}
