//! `GET|POST /api/v3/query_sql`.

mod answer;
mod encode;
mod format;
pub(crate) mod parameters;

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Map, Value};
use tidegate::{DatabaseError, DatabaseErrorKind};

use super::names;
use super::refusal::Refusal;
use super::request::{self, Content};
use crate::caller::Caller;
use crate::permissions::Action;
use crate::queries::{Protocol, Query, QueryError, Rows};
use crate::server::Server;
pub(super) use answer::answer;
pub(super) use format::Format;

/// A query as it stands in a URL.
#[derive(Debug, Deserialize)]
pub(super) struct UrlQuery {
    db: String,
    q: String,
    format: Option<String>,
    /// A JSON object.
    params: Option<String>,
}

/// A query as it stands in a body.
#[derive(Debug, Deserialize)]
struct BodyQuery {
    db: String,
    q: String,
    format: Option<String>,
    params: Option<Map<String, Value>>,
}

/// Answers a query in the URL.
pub(super) async fn by_url(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    request::Parameters(UrlQuery { db, q, format, params }): request::Parameters<UrlQuery>,
) -> Result<Response, Refusal> {
    let params = params.map(|params| request::json(params.as_bytes())).transpose()?;
    run((&server, &caller), &headers, BodyQuery { db, q, format, params }).await
}

/// Answers a query in the body. Its type need not be declared, as in
/// InfluxDB 3.
pub(super) async fn by_body(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    Content(body): Content,
) -> Result<Response, Refusal> {
    run((&server, &caller), &headers, request::json(&body)?).await
}

async fn run(
    (server, caller): (&Arc<Server>, &Caller),
    headers: &HeaderMap,
    query: BodyQuery,
) -> Result<Response, Refusal> {
    let format = Format::wanted(query.format.as_deref(), headers)?;
    let database = names::existing(caller, Action::Read, &query.db)?;
    let parameters = parameters::values(query.params.unwrap_or_default())?;
    let asked = Query { caller, database: &database, sql: &query.q, parameters: &parameters, protocol: Protocol::Sql };
    let Rows { schema, batches } = server.queries.run(server, asked).await.map_err(refused)?;
    answer((schema, batches), format).await
}

fn refused(error: QueryError) -> Refusal {
    match error {
        QueryError::Database(DatabaseError { kind: DatabaseErrorKind::NotFound, message, .. }) => {
            Refusal::error(StatusCode::NOT_FOUND, format!("query error: {message}"))
        }
        QueryError::Database(_) | QueryError::Busy { .. } | QueryError::TooLong(_) => error.into(),
    }
}
