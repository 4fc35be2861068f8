//! `/api/v3/configure/database`: list, create, change and delete.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::stream;
use serde::Deserialize;
use tidegate::{DatabaseId, DatabaseName};

use super::auth::Administrator;
use super::names;
use super::query::{Format, answer};
use super::refusal::Refusal;
use super::request::{Json, Parameters};
use crate::caller::Caller;
use crate::permissions::Action;
use crate::server::Server;
use crate::system::INTERNAL;

/// Deleted databases are gone: `show_deleted` finds none.
#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    format: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Definition {
    db: String,
    retention_period: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deletion {
    db: String,
    hard_delete_at: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Retention {
    db: String,
    duration: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    db: String,
}

/// Lists the databases that the caller may do anything in.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    Parameters(Listing { format }): Parameters<Listing>,
) -> Result<Response, Refusal> {
    let format = Format::wanted(format.as_deref(), &headers)?;
    let databases = server.databases_of(&caller);
    let names = std::iter::once(INTERNAL).chain(databases.iter().map(DatabaseName::as_str));
    let names: StringArray = names.map(Some).collect();
    // The column's name is InfluxDB 3's: its clients look for it.
    let batch = RecordBatch::try_from_iter([("iox::database", Arc::new(names) as ArrayRef)])
        .map_err(|error| Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    answer((batch.schema(), stream::iter([Ok::<_, Refusal>(batch)])), format).await
}

/// Creates a database.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Json(new): Json<Definition>,
) -> Result<StatusCode, Refusal> {
    let database = names::database(&caller, Action::Write, &new.db)?;
    let retention = new.retention_period.as_deref().map_or(Ok(None), period)?;
    if server.create_database(&database, retention).await? {
        return Ok(StatusCode::OK);
    }
    Err(Refusal::text(StatusCode::CONFLICT, "attempted to create a resource that already exists"))
}

/// Changes for how long a database keeps rows.
pub(super) async fn update(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Json(changed): Json<Definition>,
) -> Result<StatusCode, Refusal> {
    let retention = changed.retention_period.as_deref().map_or(Ok(None), period)?;
    retain(&server, &existing((&server, &caller), &changed.db)?, retention).await?;
    Ok(StatusCode::OK)
}

/// Sets for how long a database keeps rows.
pub(super) async fn set_retention(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Parameters(Retention { db, duration }): Parameters<Retention>,
) -> Result<StatusCode, Refusal> {
    retain(&server, &existing((&server, &caller), &db)?, period(&duration)?).await
}

/// Lets a database keep rows for ever.
pub(super) async fn clear_retention(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Parameters(Named { db }): Parameters<Named>,
) -> Result<StatusCode, Refusal> {
    retain(&server, &existing((&server, &caller), &db)?, None).await
}

async fn retain(server: &Server, database: &DatabaseId, retention: Option<Duration>) -> Result<StatusCode, Refusal> {
    server.set_retention(database, retention).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes a database with its tables and triggers, whenever that was to be: no
/// client can tell.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    Parameters(Deletion { db, hard_delete_at }): Parameters<Deletion>,
) -> Result<StatusCode, Refusal> {
    check_time(hard_delete_at.as_deref())?;
    let database = existing((&server, &caller), &db)?;
    server.triggers.delete_database(&database).await?;
    Ok(StatusCode::OK)
}

/// The database called `db`, to be changed, if there is one.
pub(super) fn existing((server, caller): (&Server, &Caller), db: &str) -> Result<DatabaseId, Refusal> {
    let database = names::existing(caller, Action::Write, db)?;
    if server.database.has_database(&database) {
        return Ok(database);
    }
    Err(Refusal::text(StatusCode::NOT_FOUND, format!("the requested resource was not found: {db}")))
}

/// Whether a text says when something is to be deleted for good.
pub(super) fn check_time(at: Option<&str>) -> Result<(), Refusal> {
    let is_time = |at: &str| chrono::DateTime::parse_from_rfc3339(at).is_ok();
    match at {
        None | Some("never" | "now" | "default") => Ok(()),
        Some(at) if is_time(at) => Ok(()),
        Some(at) => Err(Refusal::text(
            StatusCode::BAD_REQUEST,
            format!(
                "hard_delete_at is one of never, now, default, or a time such as 2026-01-31T00:00:00Z. hard_delete_at=`{at}`"
            ),
        )),
    }
}

/// For how long rows are kept, as text: `30d`, `none`.
fn period(text: &str) -> Result<Option<Duration>, Refusal> {
    if text == "none" {
        return Ok(None);
    }
    let period = humantime::parse_duration(text).ok().filter(|period| *period >= Duration::from_secs(1));
    period.map(Some).ok_or_else(|| {
        let why = format!(
            "a retention period is a duration such as 30d or 12h, a second at least, or none. retention_period=`{text}`"
        );
        Refusal::text(StatusCode::BAD_REQUEST, why)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_period_is_a_duration_or_none() {
        assert_eq!(period("30d").unwrap(), Some(Duration::from_secs(30 * 86_400)));
        assert_eq!(period("none").unwrap(), None);
        for wrong in ["", "0s", "soon", "-1d"] {
            assert_eq!(period(wrong).unwrap_err().status, StatusCode::BAD_REQUEST, "{wrong}");
        }
    }

    #[test]
    fn when_something_is_deleted_is_a_word_or_a_time() {
        for at in [None, Some("never"), Some("now"), Some("2026-01-31T00:00:00Z")] {
            assert_eq!(check_time(at), Ok(()));
        }
        assert!(check_time(Some("tomorrow")).is_err());
    }
}
