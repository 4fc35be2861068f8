//! `/api/v3/configure/processing_engine_trigger`.

mod asked;
mod run;
mod shown;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::names;
use super::refusal::Refusal;
use super::request::{self, Parameters};
use crate::caller::Caller;
use crate::permissions::Action;
use crate::server::Server;
use crate::triggers::{Definition, WhileRunning};
use asked::JsonOrUrl;
pub(super) use run::{run, runs};

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
pub(super) struct Update {
    db: String,
    trigger_name: String,
    #[serde(flatten)]
    changes: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    /// All databases if there is none.
    db: Option<String>,
    /// All triggers if there is none.
    trigger_name: Option<String>,
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
    caller: Caller,
    JsonOrUrl(mut definition): JsonOrUrl<Definition>,
) -> Result<StatusCode, Refusal> {
    let id = names::trigger(&caller, &definition.db, &definition.trigger_name)?;
    // That is for the server to say.
    definition.failed = None;
    server.triggers.create(&caller, id, definition).await?;
    Ok(StatusCode::OK)
}

/// Changes a trigger in place.
pub(super) async fn update(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request::Json(Update { db, trigger_name, changes }): request::Json<Update>,
) -> Result<StatusCode, Refusal> {
    server.triggers.update(&caller, &names::trigger(&caller, &db, &trigger_name)?, changes).await?;
    Ok(StatusCode::OK)
}

/// Deletes a trigger.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    caller: Caller,
    JsonOrUrl(Deletion { db, trigger_name, force }): JsonOrUrl<Deletion>,
) -> Result<StatusCode, Refusal> {
    let id = names::trigger(&caller, &db, &trigger_name)?;
    let while_running = if force { WhileRunning::Stop } else { WhileRunning::Refuse };
    server.triggers.delete(&id, while_running).await?;
    Ok(StatusCode::OK)
}

/// Lets a trigger run.
pub(super) async fn enable(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(Named { db, trigger_name }): Parameters<Named>,
) -> Result<StatusCode, Refusal> {
    server.triggers.enable(&names::trigger(&caller, &db, &trigger_name)?).await?;
    Ok(StatusCode::OK)
}

/// Stops a trigger.
pub(super) async fn disable(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(Named { db, trigger_name }): Parameters<Named>,
) -> Result<StatusCode, Refusal> {
    server.triggers.disable(&names::trigger(&caller, &db, &trigger_name)?).await?;
    Ok(StatusCode::OK)
}

/// Shows triggers and how they fare; one of them as an object, several as an
/// array.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(Listing { db, trigger_name }): Parameters<Listing>,
) -> Result<Json<Value>, Refusal> {
    let database = db.as_deref().map(|db| names::database(&caller, Action::Triggers, db)).transpose()?;
    let mut triggers = match &database {
        Some(database) => server.triggers.list(database)?,
        None => server.triggers.list_all(caller.tenant()),
    };
    triggers.retain(|status| caller.may(Action::Triggers, &status.trigger.id.database));
    let running = triggers.iter().filter_map(|status| {
        let definition = server.triggers.definition(&status.trigger.id)?;
        Some(shown::trigger(status, &definition, server.triggers.parts.plugins.problem(&status.plugin)))
    });
    let waiting = server.triggers.not_started(caller.tenant()).into_iter();
    let waiting = waiting.filter(|(id, ..)| database.as_ref().is_none_or(|database| id.database == *database));
    let waiting = waiting.filter(|(id, ..)| caller.may(Action::Triggers, &id.database));
    let mut all: Vec<_> =
        running.chain(waiting.map(|(id, definition, reason)| shown::waiting(&id, &definition, &reason))).collect();
    let Some(name) = trigger_name else { return Ok(Json(all.into())) };
    all.retain(|trigger| trigger.get("trigger_name").and_then(Value::as_str) == Some(&name));
    match (all.pop(), all.is_empty()) {
        (Some(trigger), true) => Ok(Json(trigger)),
        (Some(_), false) => {
            let why = format!("several databases have a trigger of this name; name one as db. trigger=`{name}`");
            Err(Refusal::text(StatusCode::BAD_REQUEST, why))
        }
        (None, _) => Err(Refusal::text(StatusCode::NOT_FOUND, format!("the requested resource was not found: {name}"))),
    }
}

/// Shows what a trigger's plugin said last.
pub(super) async fn log(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(LogWanted { db, trigger_name, limit }): Parameters<LogWanted>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let id = names::trigger(&caller, &db, &trigger_name)?;
    server.triggers.find(&id)?;
    let entries = server.plugin_log.recent(&id, limit.unwrap_or(LOG_ENTRIES));
    let entry = |entry: tidegate::LogEntry| {
        let tidegate::LogEntry { time, run, level, message } = entry;
        json!({"time": time.to_string(), "run_id": run, "level": level.to_string(), "message": message})
    };
    Ok(Json(entries.into_iter().map(entry).collect()))
}
