//! Answers that say no: a status, and why as text or JSON.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tidegate::{DatabaseError, DatabaseErrorKind, Error, ErrorKind};

use crate::caller::Denied;
use crate::catalog::NotKept;
use crate::plugins::PluginError;
use crate::queries::QueryError;
use crate::quotas::Exceeded;
use crate::triggers::TriggerError;

/// An answer that says no.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(super) status: StatusCode,
    /// Why, for a person.
    pub(crate) reason: String,
    shape: Shape,
    /// When it is worth trying again, if that is known.
    retry_after: Option<Duration>,
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
        Self { status, reason: reason.into(), shape: Shape::Text, retry_after: None }
    }

    /// Says why as `{"error": reason}`.
    pub(super) fn error(status: StatusCode, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), shape: Shape::Error, retry_after: None }
    }

    /// Says why as JSON of which `reason` is the gist.
    pub(super) fn json(status: StatusCode, reason: impl Into<String>, body: &impl Serialize) -> Self {
        let body = serde_json::to_string(body).unwrap_or_default();
        Self { status, reason: reason.into(), shape: Shape::Json(body), retry_after: None }
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

    /// The same, for those who try again after `wait`.
    pub(super) fn until(self, wait: Option<Duration>) -> Self {
        Self { retry_after: wait, ..self }
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
            // Whole seconds, and never too early.
            let seconds = self.retry_after.map_or(1, |wait| wait.as_millis().div_ceil(1_000).max(1));
            let seconds = u64::try_from(seconds).unwrap_or(u64::MAX);
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
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
            TriggerError::Denied(denied) => denial(denied),
            TriggerError::Exceeded(_) => StatusCode::UNPROCESSABLE_ENTITY,
            TriggerError::Plugin(error) => plugin(error),
            TriggerError::Runtime(error) => status(error.kind()),
            TriggerError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let refusal = Self::text(status, error.to_string());
        match error {
            TriggerError::Exceeded(exceeded) => exceeded.into(),
            TriggerError::Runtime(error) | TriggerError::Plugin(PluginError::Refused(error)) => {
                refusal.until(error.retry_after())
            }
            TriggerError::NoDatabase(_)
            | TriggerError::NoTrigger(_)
            | TriggerError::Exists(_)
            | TriggerError::Running(_)
            | TriggerError::Restricted(_)
            | TriggerError::Denied(_)
            | TriggerError::Invalid(_)
            | TriggerError::Plugin(_)
            | TriggerError::NotKept(_) => refusal,
        }
    }
}

fn plugin(error: &PluginError) -> StatusCode {
    match error {
        PluginError::File(_) => StatusCode::BAD_REQUEST,
        PluginError::Exceeded(_) => StatusCode::UNPROCESSABLE_ENTITY,
        PluginError::Disk(_) => StatusCode::SERVICE_UNAVAILABLE,
        PluginError::Refused(error) => status(error.kind()),
    }
}

impl From<PluginError> for Refusal {
    fn from(error: PluginError) -> Self {
        match error {
            PluginError::Exceeded(exceeded) => exceeded.into(),
            PluginError::File(_) | PluginError::Disk(_) => Self::text(plugin(&error), error.to_string()),
            PluginError::Refused(error) => error.into(),
        }
    }
}

fn denial(denied: &Denied) -> StatusCode {
    match denied {
        Denied::Hidden(_) => StatusCode::NOT_FOUND,
        Denied::Lacks(..) | Denied::NotAdministrator | Denied::Beyond(_) => StatusCode::FORBIDDEN,
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::error(denial(&denied), denied.to_string())
    }
}

impl From<Exceeded> for Refusal {
    fn from(exceeded: Exceeded) -> Self {
        let reason = exceeded.to_string();
        let body = Reason { error: &reason, code: Some("quota_exceeded") };
        Self::json(StatusCode::UNPROCESSABLE_ENTITY, reason.as_str(), &body)
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
        Self::text(status(error.kind()), error.to_string()).until(error.retry_after())
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
    fn a_time_to_try_again_is_never_too_early() {
        for (millis, told) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (90_000, "90")] {
            let refusal = Refusal::text(StatusCode::TOO_MANY_REQUESTS, "no").until(Some(Duration::from_millis(millis)));
            assert_eq!(refusal.into_response().headers()[RETRY_AFTER], told);
        }
    }

    #[test]
    fn a_quota_that_is_used_up_is_told_with_its_code() {
        let refusal = Refusal::from(Exceeded { quota: tidegate::Quota::Databases, allowed: 5 });
        assert_eq!(refusal.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refusal.body().contains(r#""code":"quota_exceeded""#), "{}", refusal.body());
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
