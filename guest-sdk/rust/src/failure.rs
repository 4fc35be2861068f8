//! How a plugin says that its run failed.

use std::error::Error;
use std::fmt;
use std::panic::Location;

use crate::{cache, decode, http, line, query, write};

/// Why a run failed. Nothing that it staged is kept in either case.
///
/// `?` turns any [`std::error::Error`] into a failure and notes the line it
/// stands in. An error of the SDK's own that says that what was asked is wrong
/// or not allowed becomes [`Invalid`](Self::Invalid), since the same event would
/// fail in the same way; everything else becomes [`TryAgain`](Self::TryAgain),
/// as an exception does in a Python plugin. Say it yourself where you know
/// better:
///
/// ```
/// # use tidegate_sdk::Failure;
/// fn port(text: &str) -> Result<u16, Failure> {
///     text.parse().map_err(|error| Failure::invalid(format!("not a port: {error}")))
/// }
/// # assert!(matches!(port("x"), Err(Failure::Invalid(_))));
/// ```
///
/// For `?` to work on any error, `Failure` itself cannot be one.
#[derive(Debug, Clone, PartialEq)]
pub enum Failure {
    /// The same event would fail again: do not retry.
    Invalid(Detail),
    /// The same event may succeed later.
    TryAgain(Detail),
}

/// What went wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    pub(crate) message: String,
    pub(crate) location: &'static Location<'static>,
}

impl Failure {
    /// Makes a failure that would happen again with the same event.
    #[track_caller]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(Detail { message: message.into(), location: Location::caller() })
    }

    /// Makes a failure that may not happen again later.
    #[track_caller]
    pub fn try_again(message: impl Into<String>) -> Self {
        Self::TryAgain(Detail { message: message.into(), location: Location::caller() })
    }

    /// Returns the message for the trigger's owner.
    pub fn message(&self) -> &str {
        &self.detail().message
    }

    /// Returns the place in the plugin's source.
    pub fn location(&self) -> &'static Location<'static> {
        self.detail().location
    }

    fn detail(&self) -> &Detail {
        match self {
            Self::Invalid(detail) | Self::TryAgain(detail) => detail,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl<E: Error + 'static> From<E> for Failure {
    #[track_caller]
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        if would_happen_again(&error) { Self::invalid(message) } else { Self::try_again(message) }
    }
}

// Looks into the error since Rust has no overlapping `From` impls: with one for
// each of our own errors there could be none for everybody else's.
fn would_happen_again(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<write::Error>() {
        !matches!(error, write::Error::Unavailable(_))
    } else if let Some(error) = error.downcast_ref::<query::Error>() {
        matches!(error, query::Error::Invalid(_) | query::Error::Denied(_) | query::Error::Malformed(_))
    } else if let Some(error) = error.downcast_ref::<cache::Error>() {
        matches!(error, cache::Error::Invalid(_) | cache::Error::OtherType { .. })
    } else if let Some(error) = error.downcast_ref::<http::Error>() {
        matches!(error, http::Error::Invalid(_) | http::Error::Denied(_))
    } else {
        error.is::<line::Unwritable>() || error.is::<decode::Malformed>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_error_may_not_happen_again_and_tells_its_line() {
        fn number() -> Result<u8, Failure> {
            Ok("x".parse::<u8>()?)
        }

        let failure = number().unwrap_err();

        assert!(matches!(failure, Failure::TryAgain(_)));
        assert_eq!(failure.message(), "invalid digit found in string");
        assert!(failure.location().file().ends_with("failure.rs"));
    }

    #[test]
    fn a_bad_line_would_happen_again() {
        let bad = write::Error::BadLine { line: 3, reason: "no fields".into() };

        let failure = Failure::from(bad);

        assert!(matches!(failure, Failure::Invalid(_)));
        assert_eq!(failure.message(), "not line protocol: no fields. line=`3`");
    }

    #[test]
    fn what_is_not_allowed_would_not_be_later() {
        for failure in [
            Failure::from(write::Error::Denied("no grant".into())),
            Failure::from(query::Error::Denied("no grant".into())),
            Failure::from(http::Error::Denied("no grant".into())),
        ] {
            assert!(matches!(failure, Failure::Invalid(_)));
        }
    }

    #[test]
    fn a_database_that_is_away_may_be_back() {
        assert!(matches!(Failure::from(query::Error::Unavailable("gone".into())), Failure::TryAgain(_)));
    }
}
