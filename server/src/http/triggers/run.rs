//! Runs of a trigger: one now, and those that there were.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Value, json};
use tidegate::{Event, Request, Timestamp, TriggerSpec};

use super::{Named, shown};
use crate::caller::Caller;
use crate::http::names;
use crate::http::refusal::Refusal;
use crate::http::request::Parameters;
use crate::server::Server;
use crate::triggers::TriggerError;

#[derive(Debug, Deserialize)]
pub(in crate::http) struct RunsWanted {
    db: String,
    trigger_name: String,
    limit: Option<usize>,
}

/// Runs a trigger now: on a schedule's behalf as of this second, or with an empty
/// request.
pub(in crate::http) async fn run(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(Named { db, trigger_name }): Parameters<Named>,
) -> Result<Json<Value>, Refusal> {
    let id = names::trigger(&caller, &db, &trigger_name)?;
    let spec: TriggerSpec = server
        .triggers
        .find(&id)?
        .trigger_specification
        .parse()
        .map_err(|error| TriggerError::Invalid(format!("{error}")))?;
    let event = match spec {
        TriggerSpec::Request(path) => Event::Request(Request {
            method: "GET".to_owned(),
            path,
            query: Vec::new(),
            headers: Vec::new(),
            body: Vec::new(),
        }),
        TriggerSpec::Schedule(_) | TriggerSpec::Write(_) => Event::Schedule(this_second(&server)),
    };
    let outcome = server.triggers.run_now(&id, event).await?;
    let logged = outcome.log.iter().map(|entry| format!("{}: {}", entry.level, entry.message));
    let mut shown = json!({
        "run_id": outcome.run,
        "trigger_name": id.name.as_str(),
        "db": id.database.name.as_str(),
        "started": outcome.started.to_string(),
        "ending": outcome.ending.name(),
        "error": outcome.error(),
        "traceback": outcome.traceback(),
        "log_lines": logged.collect::<Vec<_>>(),
        "usage": crate::report::usage(&outcome),
    });
    if let (Some(response), Some(fields)) = (&outcome.response, shown.as_object_mut()) {
        fields.insert("response".to_owned(), json!(crate::report::Response::of(response)));
    }
    Ok(Json(shown))
}

fn this_second(server: &Server) -> Timestamp {
    const SECOND: i64 = 1_000_000_000;
    let now = server.clock.now().0;
    Timestamp(now.saturating_sub(now.rem_euclid(SECOND)))
}

/// Shows a trigger's newest runs, the last first.
pub(in crate::http) async fn runs(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Parameters(RunsWanted { db, trigger_name, limit }): Parameters<RunsWanted>,
) -> Result<Json<Vec<Value>>, Refusal> {
    let id = names::trigger(&caller, &db, &trigger_name)?;
    server.triggers.find(&id)?;
    // One that could not be started has none.
    let runs = server.runtime.recent_runs(&id).unwrap_or_default();
    Ok(Json(runs.iter().take(limit.unwrap_or(usize::MAX)).map(|run| shown::run(run)).collect()))
}
