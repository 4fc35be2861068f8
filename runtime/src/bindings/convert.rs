//! What the guest says, checked once. Nothing that a guest says is indexed,
//! cast or allocated by before it has come through here.

use super::generated::exports::tidegate::plugin::on_request;
use super::generated::tidegate::plugin::{cache, log, types, write};
use crate::cache::CacheEncoding;
use crate::database::Durability;
use crate::model::{Failure, FailureDetail, LogLevel, Response, Timestamp, Value};

impl From<log::Level> for LogLevel {
    fn from(level: log::Level) -> Self {
        match level {
            log::Level::Debug => Self::Debug,
            log::Level::Info => Self::Info,
            log::Level::Warn => Self::Warn,
            log::Level::Error => Self::Error,
        }
    }
}

impl From<types::Value> for Value {
    fn from(value: types::Value) -> Self {
        match value {
            types::Value::Null => Self::Null,
            types::Value::Boolean(value) => Self::Boolean(value),
            types::Value::I64(value) => Self::I64(value),
            types::Value::U64(value) => Self::U64(value),
            types::Value::F64(value) => Self::F64(value),
            types::Value::Text(value) => Self::Text(value),
            types::Value::Time(value) => Self::Time(Timestamp(value)),
        }
    }
}

impl From<write::Durability> for Durability {
    fn from(durability: write::Durability) -> Self {
        match durability {
            write::Durability::Durable => Self::Durable,
            write::Durability::Buffered => Self::Buffered,
        }
    }
}

impl From<cache::Encoding> for CacheEncoding {
    fn from(encoding: cache::Encoding) -> Self {
        match encoding {
            cache::Encoding::Cbor => Self::Cbor,
            cache::Encoding::Pickle => Self::Pickle,
            cache::Encoding::Raw => Self::Raw,
        }
    }
}

impl From<types::Failure> for Failure {
    fn from(failure: types::Failure) -> Self {
        let detail = |detail: types::FailureDetail| FailureDetail {
            message: cut(detail.message),
            traceback: detail.traceback.map(cut),
        };
        match failure {
            types::Failure::Invalid(failure) => Self::Invalid(detail(failure)),
            types::Failure::TryAgain(failure) => Self::TryAgain(detail(failure)),
        }
    }
}

/// Failures are kept in run records and logs for long: no novels.
fn cut(mut text: String) -> String {
    const LONGEST: usize = 32 << 10;
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST));
        text.push_str(" [truncated]");
    }
    text
}

/// Checks a response that is about to go to a client.
///
/// # Errors
/// A failure that says what cannot be sent.
pub(super) fn response(response: on_request::Response) -> Result<Response, Failure> {
    let invalid = |message| Err(Failure::Invalid(FailureDetail { message, traceback: None }));
    let on_request::Response { status, headers, body } = response;
    if !(100..=599).contains(&status) {
        return invalid(format!("a response's status must be from 100 to 599. status=`{status}`"));
    }
    // RFC 9110, section 5.6.2: what a header name consists of.
    let in_name = |c: u8| c.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&c);
    for (name, value) in &headers {
        if name.is_empty() || !name.bytes().all(in_name) {
            return invalid(format!(
                "a response has a header whose name cannot be sent. name=`{}`",
                name.escape_debug()
            ));
        }
        if value.bytes().any(|c| c.is_ascii_control() && c != b'\t') {
            return invalid(format!("a response header's value has control characters. name=`{name}`"));
        }
    }
    Ok(Response { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(status: u16, name: &str, value: &str) -> Result<Response, Failure> {
        response(on_request::Response { status, headers: vec![(name.into(), value.into())], body: Vec::new() })
    }

    #[test]
    fn a_response_that_cannot_be_sent_is_a_failure_that_says_why() {
        assert!(checked(200, "x-ok", "a b\tc").is_ok());
        for (status, name, value) in
            [(0, "x", ""), (65_535, "x", ""), (99, "x", ""), (200, "", ""), (200, "a b", ""), (200, "x", "a\r\nb: c")]
        {
            let failure = checked(status, name, value).unwrap_err();
            assert!(failure.detail().message.starts_with("a response"), "{failure:?}");
        }
    }

    #[test]
    fn a_failure_of_unbounded_length_is_cut() {
        let detail = types::FailureDetail { message: "ä".repeat(1 << 20), traceback: None };
        let failure = Failure::from(types::Failure::Invalid(detail));
        assert!(failure.detail().message.len() < 33 << 10);
        assert!(failure.detail().message.ends_with("[truncated]"));
    }
}
