//! What can go wrong that is not a plugin's own failure.

use std::fmt;
use std::time::Duration;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why the runtime could not do what it was asked.
///
/// A plugin that fails is no error: see [`Ending`](crate::Ending).
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    source: Option<Source>,
    retry_after: Option<Duration>,
}

/// What the caller can do about an [`Error`].
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The plugin cannot be used. Fix the plugin.
    InvalidPlugin,
    /// The trigger cannot be used. Fix its definition.
    InvalidTrigger,
    /// The runtime was not built for this call. Fix the caller.
    InvalidCall,
    /// There is something of that name already. Choose another.
    AlreadyExists,
    /// No such plugin, trigger, path or file. Check the name.
    NotFound,
    /// Queues are full, or a tenant's quota is used up. Try again later.
    Overloaded,
    /// The database did not answer, or the trigger is not enabled. Try again
    /// later.
    Unavailable,
    /// A bug in the runtime. Please report it.
    Internal,
}

impl Error {
    /// An error of `kind`, with a message for a person.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None, retry_after: None }
    }

    /// Keeps the cause for the log. It is no part of the message.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Says when it is worth trying again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// When it is worth trying again, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| &**source as &(dyn std::error::Error + 'static))
    }
}
