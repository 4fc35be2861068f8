//! Answers that say no: a status, and why as text or JSON.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidegate::{DatabaseError, DatabaseErrorKind, Error, ErrorKind};

use crate::plugins::PluginError;
use crate::triggers::TriggerError;

/// An answer that says no.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    content_type: &'static str,
    pub(crate) body: String,
}

#[derive(Serialize)]
struct Reason<'a> {
    error: &'a str,
}

impl Refusal {
    /// Says why in plain text, as InfluxDB 3 mostly does.
    pub(super) fn text(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: reason.into() }
    }

    /// Says why as `{"error": reason}`.
    pub(super) fn error(status: StatusCode, reason: &str) -> Self {
        Self::json(status, &Reason { error: reason })
    }

    /// Says why as JSON.
    pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, content_type: "application/json", body }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(CONTENT_TYPE, self.content_type)], self.body).into_response();
        if matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<TriggerError> for Refusal {
    fn from(error: TriggerError) -> Self {
        let status = match &error {
            TriggerError::NoDatabase(_) | TriggerError::NoTrigger(_) => StatusCode::NOT_FOUND,
            TriggerError::Running(_) => StatusCode::CONFLICT,
            TriggerError::Plugin(PluginError::File(_)) => StatusCode::BAD_REQUEST,
            TriggerError::Plugin(PluginError::Refused(error)) | TriggerError::Runtime(error) => status(error.kind()),
        };
        Self::text(status, error.to_string())
    }
}

/// What the kind of a runtime's error means in HTTP.
pub(super) fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::InvalidPlugin | ErrorKind::InvalidTrigger | ErrorKind::InvalidCall => StatusCode::BAD_REQUEST,
        ErrorKind::AlreadyExists => StatusCode::CONFLICT,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Overloaded => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal | _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::text(status(error.kind()), error.to_string())
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        match error.kind {
            DatabaseErrorKind::Invalid => Self::text(StatusCode::BAD_REQUEST, error.message),
            DatabaseErrorKind::NotFound => Self::error(StatusCode::NOT_FOUND, &error.message),
            DatabaseErrorKind::Unavailable => Self::text(StatusCode::SERVICE_UNAVAILABLE, error.message),
        }
    }
}
