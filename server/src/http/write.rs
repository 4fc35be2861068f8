//! `POST /api/v3/write_lp`: line protocol. The texts are InfluxDB 3's.

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tidegate::Durability;
use tidegate_database::{Partial, Precision, RejectedLine, WriteError, WriteOptions};

use super::names;
use super::refusal::Refusal;
use super::request::{Content, parameters};
use crate::server::Server;

#[derive(Debug, Deserialize)]
struct Parameters {
    db: String,
    precision: Option<String>,
    #[serde(default = "yes")]
    accept_partial: bool,
    #[serde(default)]
    no_sync: bool,
}

fn yes() -> bool {
    true
}

/// What a client is told of lines that were not written.
#[derive(Debug, Serialize)]
struct Rejection<T> {
    error: &'static str,
    data: T,
}

#[derive(Debug, Serialize)]
struct Line<'a> {
    original_line: &'a str,
    line_number: usize,
    error_message: &'a str,
}

/// Writes the body into a database.
pub(super) async fn write(State(server): State<Arc<Server>>, request: Request) -> Result<StatusCode, Refusal> {
    if request.uri().query().unwrap_or_default().is_empty() {
        return Err(Refusal::text(StatusCode::BAD_REQUEST, "missing query parameter 'db'"));
    }
    let asked: Parameters = parameters(request.uri())?;
    let database = names::database(&server, &asked.db)?;
    let options = options(&asked, &server)?;
    let Content(body) = Content::from_request(request, &server).await?;
    let lines = std::str::from_utf8(&body)
        .map_err(|error| Refusal::text(StatusCode::BAD_REQUEST, format!("body content is not valid utf8: {error}")))?;
    let report = server.database.write(&database, lines, options).await.map_err(refused)?;
    if report.rejected.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let data: Vec<_> = report.rejected.iter().map(line).collect();
    Err(Refusal::json(StatusCode::BAD_REQUEST, &Rejection { error: "partial write of line protocol occurred", data }))
}

fn options(asked: &Parameters, server: &Server) -> Result<WriteOptions, Refusal> {
    let precision = asked.precision.as_deref().unwrap_or("auto").parse::<Precision>();
    let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, format!("serde error: {error}"));
    Ok(WriteOptions {
        precision: precision.map_err(invalid)?,
        partial: if asked.accept_partial { Partial::Accept } else { Partial::Reject },
        time: server.clock.now(),
        durability: if asked.no_sync { Durability::Buffered } else { Durability::Durable },
    })
}

fn refused(error: WriteError) -> Refusal {
    match error {
        WriteError::Empty => Refusal::text(StatusCode::BAD_REQUEST, error.to_string()),
        WriteError::Rejected(lines) => Refusal::json(
            StatusCode::BAD_REQUEST,
            &Rejection { error: "line protocol parsing error", data: lines.first().map(line) },
        ),
        WriteError::Database(error) => error.into(),
    }
}

fn line(rejected: &RejectedLine) -> Line<'_> {
    Line { original_line: &rejected.original_line, line_number: rejected.line_number, error_message: &rejected.error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_told_with_its_number_and_reason() {
        let lines =
            vec![RejectedLine { line_number: 2, original_line: "cpu".into(), error: "no fields were provided".into() }];

        let refusal = refused(WriteError::Rejected(lines));

        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            refusal.body,
            r#"{"error":"line protocol parsing error","data":{"original_line":"cpu","line_number":2,"error_message":"no fields were provided"}}"#
        );
    }
}
