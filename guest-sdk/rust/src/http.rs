//! Sends HTTP requests: as many and to where the trigger was granted.
//!
//! ```no_run
//! # use tidegate_sdk::{Failure, http};
//! # fn example() -> Result<(), Failure> {
//! let request = http::Request::post("https://hooks.example.com/alert", r#"{"host": "a"}"#)
//!     .with_header("content-type", "application/json");
//! if http::send(&request)?.status >= 500 {
//!     return Err(Failure::try_again("the hook is down"));
//! }
//! # Ok(())
//! # }
//! ```

use std::fmt;
use std::time::Duration;

use crate::bindings::imports::tidegate::plugin::http as host;
pub use crate::bindings::imports::tidegate::plugin::http::{Request, Response};
use crate::request::header;

/// Sends a request and waits for the answer. Any status is an answer.
///
/// # Errors
/// See [`Error`].
pub fn send(request: &Request) -> Result<Response, Error> {
    Ok(host::send(request)?)
}

impl Request {
    /// Starts a request without a body.
    pub fn get(url: &str) -> Self {
        Self { method: "GET".into(), url: url.into(), headers: vec![], body: vec![], timeout: None }
    }

    /// Starts a request that sends `body`.
    pub fn post(url: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: "POST".into(), body: body.into(), ..Self::get(url) }
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets how long to wait for the whole answer, within what the run has
    /// left.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX));
        self
    }
}

impl Response {
    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Returns the body as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&str, std::str::Utf8Error> {
        std::str::from_utf8(&self.body)
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// The trigger lacks the grant that the text names.
    Denied(String),
    /// The request itself is wrong.
    Invalid(String),
    /// The other side could not be reached, or not trusted.
    Unreachable(String),
    /// There was no answer in time.
    TimedOut,
    /// The answer is larger than allowed.
    TooLarge(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(reason) => write!(f, "request is not allowed: {reason}"),
            Self::Invalid(reason) => write!(f, "request is wrong: {reason}"),
            Self::Unreachable(reason) => write!(f, "could not be reached: {reason}"),
            Self::TimedOut => f.write_str("no answer in time"),
            Self::TooLarge(reason) => write!(f, "answer is too large: {reason}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<host::HttpError> for Error {
    fn from(error: host::HttpError) -> Self {
        match error {
            host::HttpError::Denied(reason) => Self::Denied(reason),
            host::HttpError::Invalid(reason) => Self::Invalid(reason),
            host::HttpError::Unreachable(reason) => Self::Unreachable(reason),
            host::HttpError::TimedOut => Self::TimedOut,
            host::HttpError::TooLarge(reason) => Self::TooLarge(reason),
        }
    }
}
