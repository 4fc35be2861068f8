//! Answers that say no: a status, and why as text or JSON.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidegate::{DatabaseError, DatabaseErrorKind, Error, ErrorKind};

use crate::catalog::NotKept;
use crate::plugins::PluginError;
use crate::queries::QueryError;
use crate::triggers::TriggerError;

/// An answer that says no.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    /// Why, for a person.
    pub(crate) reason: String,
    shape: Shape,
}

/// How the reason is told.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    /// As it is.
    Text,
    /// `{"error": reason}`
    Error,
    /// `{"code": …, "message": reason}`, as InfluxDB 2 does.
    Coded,
    /// In this JSON, which has more to say.
    Json(String),
}

#[derive(Serialize)]
struct Reason<'a> {
    error: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
}

#[derive(Serialize)]
struct Coded<'a> {
    code: &'a str,
    message: &'a str,
}

impl Refusal {
    /// Says why in plain text, as InfluxDB 3 mostly does.
    pub(super) fn text(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), shape: Shape::Text }
    }

    /// Says why as `{"error": reason}`.
    pub(super) fn error(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), shape: Shape::Error }
    }

    /// Says why as JSON of which `reason` is the gist.
    pub(super) fn json(status: StatusCode, reason: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, reason: reason.into(), shape: Shape::Json(body) }
    }

    /// The client asks for something that InfluxDB 3 has and this server has not.
    pub(super) fn not_supported(reason: &str) -> Self {
        let body = Reason { error: reason, code: Some("not_supported") };
        Self::json(StatusCode::METHOD_NOT_ALLOWED, reason, &body)
    }

    /// The same, told as InfluxDB 1 does.
    pub(super) fn told_as_v1(self) -> Self {
        Self { shape: Shape::Error, ..self }
    }

    /// The same, told as InfluxDB 2 does.
    pub(super) fn told_as_v2(self) -> Self {
        Self { shape: Shape::Coded, ..self }
    }

    fn body(&self) -> String {
        let json = match &self.shape {
            Shape::Text => return self.reason.clone(),
            Shape::Json(body) => return body.clone(),
            Shape::Error => serde_json::to_string(&Reason { error: &self.reason, code: None }),
            Shape::Coded => serde_json::to_string(&Coded { code: code(self.status), message: &self.reason }),
        };
        json.unwrap_or_default()
    }
}

/// What InfluxDB 2 calls it.
fn code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "unauthorized",
        StatusCode::FORBIDDEN => "forbidden",
        StatusCode::NOT_FOUND => "not found",
        StatusCode::PAYLOAD_TOO_LARGE => "request too large",
        StatusCode::TOO_MANY_REQUESTS => "too many requests",
        StatusCode::SERVICE_UNAVAILABLE => "unavailable",
        status if status.is_client_error() => "invalid",
        _ => "internal error",
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let content_type = if self.shape == Shape::Text { "text/plain; charset=utf-8" } else { "application/json" };
        let mut response = (self.status, [(CONTENT_TYPE, content_type)], self.body()).into_response();
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
            TriggerError::Running(_) | TriggerError::Exists(_) => StatusCode::CONFLICT,
            TriggerError::Restricted(_) | TriggerError::Invalid(_) => StatusCode::BAD_REQUEST,
            TriggerError::Plugin(error) => plugin(error),
            TriggerError::Runtime(error) => status(error.kind()),
            TriggerError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::text(status, error.to_string())
    }
}

fn plugin(error: &PluginError) -> StatusCode {
    match error {
        PluginError::File(_) => StatusCode::BAD_REQUEST,
        PluginError::Disk(_) => StatusCode::SERVICE_UNAVAILABLE,
        PluginError::Refused(error) => status(error.kind()),
    }
}

impl From<PluginError> for Refusal {
    fn from(error: PluginError) -> Self {
        Self::text(plugin(&error), error.to_string())
    }
}

impl From<NotKept> for Refusal {
    fn from(error: NotKept) -> Self {
        Self::text(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
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
            DatabaseErrorKind::NotFound => Self::error(StatusCode::NOT_FOUND, error.message),
            DatabaseErrorKind::NotSupported => Self::not_supported(&error.message),
            DatabaseErrorKind::Unavailable => Self::text(StatusCode::SERVICE_UNAVAILABLE, error.message),
        }
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        let status = match error {
            QueryError::Database(error) => return error.into(),
            QueryError::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
            // Asking the same again would end the same.
            QueryError::TooLong(_) => StatusCode::BAD_REQUEST,
        };
        Self::text(status, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_that_should_try_again_are_told_when() {
        for (status, retry) in [(429, true), (503, true), (400, false), (413, false), (422, false), (500, false)] {
            let refusal = Refusal::text(StatusCode::from_u16(status).unwrap(), "no").told_as_v2();
            assert_eq!(refusal.into_response().headers().contains_key(RETRY_AFTER), retry, "{status}");
        }
    }

    #[test]
    fn a_reason_is_told_in_each_versions_way() {
        let refusal = || Refusal::text(StatusCode::BAD_REQUEST, "no");
        assert_eq!(refusal().body(), "no");
        assert_eq!(refusal().told_as_v1().body(), r#"{"error":"no"}"#);
        assert_eq!(refusal().told_as_v2().body(), r#"{"code":"invalid","message":"no"}"#);
        let refusal = Refusal::not_supported("InfluxQL is not supported; use SQL");
        assert_eq!(refusal.body(), r#"{"error":"InfluxQL is not supported; use SQL","code":"not_supported"}"#);
    }
}
