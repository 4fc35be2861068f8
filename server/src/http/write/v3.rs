//! `POST /api/v3/write_lp`. The texts are InfluxDB 3's.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use tidegate_database::{Fault, Partial, Precision, RejectedLine, WriteError};

use super::{Ask, NotWritten};
use crate::caller::Caller;
use crate::http::refusal::Refusal;
use crate::http::request::parameters;
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

/// Writes lines: the good ones among them if partial writes are accepted.
pub(in crate::http) async fn write(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request: Request,
) -> Result<StatusCode, Refusal> {
    if request.uri().query().is_none() {
        return Err(Refusal::text(StatusCode::BAD_REQUEST, "missing query parameter 'db'"));
    }
    let asked: Parameters = parameters(request.uri())?;
    let partial = if asked.accept_partial { Partial::Accept } else { Partial::Reject };
    let mut ask = Ask::new((&server, &caller), &asked.db, asked.precision.as_deref(), (Precision::Auto, partial))?;
    if asked.no_sync {
        ask = ask.without_sync();
    }
    let report = ask.write(&server, request).await.map_err(refused)?;
    if report.rejected.is_empty() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let data: Vec<_> = report.rejected.iter().map(line).collect();
    let mut refusal = rejection("partial write of line protocol occurred", data);
    if report.rejected.iter().any(|line| line.fault == Fault::Limit) {
        refusal.status = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Err(refusal)
}

fn refused(error: NotWritten) -> Refusal {
    if let NotWritten::Lines(WriteError::Rejected(lines)) = &error {
        if let Some(line) = lines.iter().find(|line| line.fault == Fault::Limit) {
            return Refusal::error(StatusCode::UNPROCESSABLE_ENTITY, line.error.as_str());
        }
        return rejection("line protocol parsing error", lines.first().map(line));
    }
    error.into()
}

fn rejection(error: &'static str, data: impl Serialize) -> Refusal {
    Refusal::json(StatusCode::BAD_REQUEST, error, &Rejection { error, data })
}

fn line(rejected: &RejectedLine) -> Line<'_> {
    Line { original_line: &rejected.original_line, line_number: rejected.line_number, error_message: &rejected.error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse as _;

    #[tokio::test]
    async fn a_bad_line_is_told_with_its_number_and_reason() {
        let lines = vec![RejectedLine {
            line_number: 2,
            original_line: "cpu".into(),
            error: "no fields were provided".into(),
            fault: Fault::Line,
        }];

        let response = refused(NotWritten::Lines(WriteError::Rejected(lines))).into_response();

        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        let body = axum::body::to_bytes(response.into_body(), 1_000).await.unwrap();
        assert_eq!(
            std::str::from_utf8(&body).unwrap(),
            r#"{"error":"line protocol parsing error","data":{"original_line":"cpu","line_number":2,"error_message":"no fields were provided"}}"#
        );
    }
}
