//! `/api/v3/plugin_test`: a plugin run once, with what it would write shown and
//! not written.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tidegate::{
    DatabaseId, Durability, ErrorKind, Event, Limit, Outcome, Request, Timestamp, Trigger, TriggerName, TriggerSpec,
};
use tidegate_database::{Partial, Precision, WriteOptions};

use super::names;
use super::refusal::Refusal;
use super::request;
use crate::caller::{Caller, Given};
use crate::grants::NamedGrants;
use crate::permissions::Action;
use crate::plugins::PluginError;
use crate::report::{Report, call_time};
use crate::server::Server;

/// What all trials have in common.
#[derive(Debug, Deserialize)]
struct Common {
    filename: String,
    database: String,
    /// Trials of the same name share a cache.
    cache_name: Option<String>,
    input_arguments: Option<BTreeMap<String, String>>,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    #[serde(default)]
    grants: NamedGrants,
}

#[derive(Debug, Deserialize)]
pub(super) struct OnWrite {
    #[serde(flatten)]
    common: Common,
    input_lp: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct OnSchedule {
    #[serde(flatten)]
    common: Common,
    schedule: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OnRequest {
    #[serde(flatten)]
    common: Common,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    query: HashMap<String, String>,
    #[serde(default)]
    headers: HashMap<String, String>,
    #[serde(default)]
    body: String,
}

fn get() -> String {
    "GET".to_owned()
}

/// The cache of trials that name none, in InfluxDB 3 too.
const SHARED_CACHE: &str = "_shared_test";

/// Gives a plugin rows, as if they had been written.
pub(super) async fn on_write(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request::Json(OnWrite { common, input_lp }): request::Json<OnWrite>,
) -> Result<Json<Value>, Refusal> {
    let database = names::database(&caller, Action::Triggers, &common.database)?;
    let rows = match server.database.check(&database, &input_lp, options(&server)) {
        Ok(rows) => rows.into_iter().map(Arc::unwrap_or_clone).collect(),
        // As in InfluxDB 3, this is what came of the trial.
        Err(error) => return Ok(Json(nothing(&error.to_string()))),
    };
    run((&server, &caller), common, ("all_tables", Event::Write(rows), None)).await
}

/// Runs a plugin as if it were time.
pub(super) async fn on_schedule(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request::Json(OnSchedule { common, schedule }): request::Json<OnSchedule>,
) -> Result<Json<Value>, Refusal> {
    let database = names::existing(&caller, Action::Triggers, &common.database)?;
    if !server.database.has_database(&database) {
        return Err(Refusal::text(StatusCode::NOT_FOUND, format!("couldn't find db: {}", common.database)));
    }
    let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, error);
    let time = call_time(Some(schedule.as_deref().unwrap_or("* * * * * *")), server.clock.now()).map_err(invalid)?;
    run((&server, &caller), common, ("every:1h", Event::Schedule(time), Some(time))).await
}

/// Sends a plugin a request.
pub(super) async fn on_request(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request::Json(OnRequest { common, method, path, query, headers, body }): request::Json<OnRequest>,
) -> Result<Json<Value>, Refusal> {
    let headers = headers.into_iter().map(|(name, value)| (name.to_lowercase(), value)).collect();
    let request = Request { method, path, query: query.into_iter().collect(), headers, body: body.into_bytes() };
    run((&server, &caller), common, ("request:test", Event::Request(request), None)).await
}

async fn run(
    (server, caller): (&Server, &Caller),
    common: Common,
    (spec, event, time): (&str, Event, Option<Timestamp>),
) -> Result<Json<Value>, Refusal> {
    let invalid = |reason: String| Refusal::text(StatusCode::BAD_REQUEST, reason);
    let database = names::existing(caller, Action::Triggers, &common.database)?;
    let Common { grants, limits, filename, .. } = &common;
    // The rows that it is tried out with are the caller's own.
    caller.may_give(&Given { grants, limits, spec, plugin: filename })?;
    let trigger = trigger((server, caller), &common, (database, spec)).map_err(invalid)?;
    let plugin = match server.triggers.parts.plugins.load(caller.tenant(), &common.filename).await {
        Ok(plugin) => plugin,
        Err(PluginError::Refused(error)) if is_the_plugins_fault(&error) => {
            return Ok(Json(nothing(&error.to_string())));
        }
        Err(error) => return Err(error.into()),
    };
    let cache = common.cache_name.as_deref().unwrap_or(SHARED_CACHE);
    let outcome = match server.runtime.trial((trigger, &plugin), event, cache).await {
        Ok(outcome) => outcome,
        Err(error) if is_the_plugins_fault(&error) => return Ok(Json(nothing(&error.to_string()))),
        Err(error) => return Err(error.into()),
    };
    let mut report = Report::of(&outcome, time);
    report.errors.extend(refused_writes(server, &outcome));
    Ok(Json(json!(report)))
}

/// As in InfluxDB 3, what is wrong with the code is what came of the trial.
fn is_the_plugins_fault(error: &tidegate::Error) -> bool {
    matches!(error.kind(), ErrorKind::InvalidPlugin | ErrorKind::InvalidTrigger)
}

fn trigger(
    (server, caller): (&Server, &Caller),
    common: &Common,
    (database, spec): (DatabaseId, &str),
) -> Result<Trigger, String> {
    let name = TriggerName::new("plugin_test").map_err(|error| error.to_string())?;
    let spec: TriggerSpec = spec.parse().map_err(|error| format!("{error}"))?;
    let mut trigger = Trigger::new(name, database, spec);
    for (name, value) in common.input_arguments.iter().flatten() {
        trigger = trigger.with_argument(name, value);
    }
    for (name, amount) in &common.limits {
        let limit: Limit = name.parse()?;
        trigger = trigger.with_limit(limit, *amount);
    }
    let grants = common.grants.clone();
    let grants = caller.as_creator().map_or(grants.clone(), |creator| creator.complete(grants));
    Ok(trigger.with_grants(server.granting.grants(grants)?))
}

/// What the database would say to what a run wrote.
fn refused_writes(server: &Server, outcome: &Outcome) -> Vec<String> {
    let check = |(database, lines): (&DatabaseId, &String)| {
        let error = server.database.check(database, lines, options(server)).err()?;
        Some(format!("line protocol parse error on write to db {}: {error}", database.name))
    };
    outcome.staged.iter().filter_map(check).collect()
}

fn options(server: &Server) -> WriteOptions {
    WriteOptions {
        precision: Precision::Nanosecond,
        partial: Partial::Reject,
        time: server.clock.now(),
        durability: Durability::Buffered,
    }
}

/// The report of a trial that could not begin.
fn nothing(error: &str) -> Value {
    json!({"log_lines": [], "database_writes": {}, "errors": [error]})
}
