//! `/api/v3/configure/processing_engine_trigger`.

mod definition;
mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::names;
use super::refusal::Refusal;
use super::request::Parameters;
use crate::server::Server;
use crate::triggers::WhileRunning;
use definition::{Definition, JsonOrUrl};

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    db: String,
    trigger_name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deletion {
    db: String,
    trigger_name: String,
    #[serde(default)]
    force: bool,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    /// All databases if there is none.
    db: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogWanted {
    db: String,
    trigger_name: String,
    limit: Option<usize>,
}

/// How many log entries are shown to those who do not say.
const LOG_ENTRIES: usize = 100;

/// Creates a trigger.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    JsonOrUrl(definition): JsonOrUrl<Definition>,
) -> Result<StatusCode, Refusal> {
    server.triggers.create(definition.check(&server)?).await?;
    Ok(StatusCode::OK)
}

/// Deletes a trigger.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    JsonOrUrl(Deletion { db, trigger_name, force }): JsonOrUrl<Deletion>,
) -> Result<StatusCode, Refusal> {
    let id = names::trigger(&server, &db, &trigger_name)?;
    let while_running = if force { WhileRunning::Stop } else { WhileRunning::Refuse };
    server.triggers.delete(&id, while_running).await?;
    Ok(StatusCode::OK)
}

/// Lets a trigger run.
pub(super) async fn enable(
    State(server): State<Arc<Server>>,
    Parameters(Named { db, trigger_name }): Parameters<Named>,
) -> Result<StatusCode, Refusal> {
    server.triggers.enable(&names::trigger(&server, &db, &trigger_name)?)?;
    Ok(StatusCode::OK)
}

/// Stops a trigger.
pub(super) async fn disable(
    State(server): State<Arc<Server>>,
    Parameters(Named { db, trigger_name }): Parameters<Named>,
) -> Result<StatusCode, Refusal> {
    server.triggers.disable(&names::trigger(&server, &db, &trigger_name)?)?;
    Ok(StatusCode::OK)
}

/// Shows triggers and how they fare.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    Parameters(Listing { db }): Parameters<Listing>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let triggers = match db {
        Some(db) => server.triggers.list(&names::database(&server, &db)?)?,
        None => server.triggers.list_all(&server.tenant),
    };
    let shown = |status| shown::trigger(status, server.triggers.plugins.problem(&status.plugin));
    Ok(Json(triggers.iter().map(shown).collect()))
}

/// Shows what a trigger's plugin said last.
pub(super) async fn log(
    State(server): State<Arc<Server>>,
    Parameters(LogWanted { db, trigger_name, limit }): Parameters<LogWanted>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let id = names::trigger(&server, &db, &trigger_name)?;
    server.triggers.find(&id)?;
    let entries = server.plugin_log.recent(&id, limit.unwrap_or(LOG_ENTRIES));
    let entry = |entry: tidegate::LogEntry| json!({"time": entry.time.to_string(), "level": entry.level.to_string(), "message": entry.message});
    Ok(Json(entries.into_iter().map(entry).collect()))
}
