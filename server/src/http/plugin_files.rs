//! `/api/v3/plugins`: the code of plugins, uploaded and replaced.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tidegate::TriggerId;

use super::names;
use super::refusal::Refusal;
use super::request::Json;
use crate::caller::Caller;
use crate::permissions::Action;
use crate::plugins::NewFile;
use crate::server::Server;

#[derive(Debug, Deserialize)]
pub(super) struct Upload {
    /// Its path in the plugin directory.
    plugin_name: String,
    content: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Replacement {
    /// The name of a trigger that runs it.
    plugin_name: String,
    /// The trigger's database, if others have one of this name.
    db: Option<String>,
    content: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct DirectoryReplacement {
    plugin_name: String,
    db: Option<String>,
    files: Vec<NewFile>,
}

/// Puts a file into the plugin directory.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(Upload { plugin_name, content }): Json<Upload>,
) -> Result<StatusCode, Refusal> {
    server.triggers.may_replace(&caller, &plugin_name)?;
    server.triggers.parts.plugins.upload(caller.tenant(), NewFile { relative_path: plugin_name, content }).await?;
    Ok(StatusCode::OK)
}

/// Replaces the code of a trigger's plugin; of a folder, its `__init__.py`.
pub(super) async fn update(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(Replacement { plugin_name, db, content }): Json<Replacement>,
) -> Result<StatusCode, Refusal> {
    let plugin = plugin_of((&server, &caller), &plugin_name, db.as_deref())?;
    server.triggers.may_replace(&caller, &plugin)?;
    server.triggers.parts.plugins.replace(caller.tenant(), (&plugin, content)).await?;
    Ok(StatusCode::OK)
}

/// Replaces a trigger's plugin that is a folder, as a whole.
pub(super) async fn update_directory(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Json(DirectoryReplacement { plugin_name, db, files }): Json<DirectoryReplacement>,
) -> Result<StatusCode, Refusal> {
    let plugin = plugin_of((&server, &caller), &plugin_name, db.as_deref())?;
    server.triggers.may_replace(&caller, &plugin)?;
    server.triggers.parts.plugins.replace_folder(caller.tenant(), (&plugin, files)).await?;
    Ok(StatusCode::OK)
}

/// The file name of the plugin that the trigger called `name` runs.
fn plugin_of((server, caller): (&Server, &Caller), name: &str, db: Option<&str>) -> Result<String, Refusal> {
    let databases = match db {
        Some(db) => vec![names::existing(caller, Action::Triggers, db)?],
        None => {
            let names = server.database.databases(caller.tenant()).into_iter();
            names.filter_map(|name| caller.database(Action::Triggers, name).ok()).collect()
        }
    };
    let name = names::trigger_name(name)?;
    let ids = databases.into_iter().map(|database| TriggerId { database, name: name.clone() });
    let found: Vec<_> = ids.filter_map(|id| Some((server.triggers.definition(&id)?.plugin_filename, id))).collect();
    match found.as_slice() {
        [] => Err(Refusal::text(
            StatusCode::NOT_FOUND,
            format!("Plugin not found: {name}; name a trigger that runs the plugin"),
        )),
        [(plugin, _)] => Ok(plugin.clone()),
        [(plugin, _), rest @ ..] if rest.iter().all(|(other, _)| other == plugin) => Ok(plugin.clone()),
        several => {
            let databases: Vec<_> = several.iter().map(|(_, id)| id.database.name.to_string()).collect();
            let why = format!(
                "several databases have a trigger of this name; name one as db. trigger=`{name}` databases=`{}`",
                databases.join(", ")
            );
            Err(Refusal::text(StatusCode::BAD_REQUEST, why))
        }
    }
}
