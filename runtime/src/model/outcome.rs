//! What one run leaves behind.

use std::collections::BTreeMap;
use std::fmt;

use super::{DatabaseId, Limit, Limits, Redaction, Response, RunSeed, Timestamp, Usage};
use crate::cache::CacheChange;

/// What one run leaves behind. What it staged takes effect only if it
/// succeeded.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Outcome {
    /// Counts the runs of this runtime; 0 if it was of no trigger.
    pub run: u64,
    /// How the run ended.
    pub ending: Ending,
    /// When it began.
    pub started: Timestamp,
    /// Line protocol to be written, by database.
    pub staged: BTreeMap<DatabaseId, String>,
    /// Cache entries to be published, each key once.
    pub cache: Vec<CacheChange>,
    /// The answer, if the event was a request and the run succeeded.
    pub response: Option<Response>,
    /// What the plugin said, as far as it was kept.
    pub log: Vec<LogEntry>,
    /// How many entries were not kept.
    pub log_dropped: u64,
    /// What the run used.
    pub usage: Usage,
    /// What it was allowed.
    pub limits: Limits,
    /// What the guest's random numbers were made from.
    pub seed: RunSeed,
}

impl Outcome {
    /// Why the run did not succeed, in a line for the trigger's owner.
    #[must_use]
    pub fn error(&self) -> Option<String> {
        match &self.ending {
            Ending::Succeeded => None,
            Ending::Failed(failure) => Some(failure.detail().message.clone()),
            Ending::Stopped(limit) => {
                let allowed = self.limits.get(*limit);
                let used = match self.usage.get(*limit) {
                    Some(used) => format!(" used=`{used}`"),
                    None => String::new(),
                };
                Some(format!(
                    "stopped at its limit; do less in a run, or allow the trigger more. limit=`{limit}`{used} allowed=`{allowed}`"
                ))
            }
            Ending::Crashed(reason) => Some(format!("crashed: {reason}")),
        }
    }

    /// Where the plugin failed, as far as it or its stack says.
    #[must_use]
    pub fn traceback(&self) -> Option<&str> {
        match &self.ending {
            Ending::Failed(failure) => failure.detail().traceback.as_deref(),
            Ending::Succeeded | Ending::Stopped(_) | Ending::Crashed(_) => None,
        }
    }
}

/// How one run ended. Closed on purpose: policies match on it exhaustively.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// The plugin returned without failure; its staged writes are to be
    /// committed.
    Succeeded,
    /// The plugin returned a failure. Nothing staged is kept.
    Failed(Failure),
    /// The run came to a limit and was stopped. Nothing staged is kept.
    Stopped(Limit),
    /// The guest trapped, for the reason given. Nothing staged is kept.
    Crashed(String),
}

impl Ending {
    /// The same without secrets in its texts.
    pub(crate) fn redacted(self, redaction: &Redaction) -> Self {
        let detail = |FailureDetail { message, traceback }| FailureDetail {
            message: redaction.apply(message),
            traceback: traceback.map(|traceback| redaction.apply(traceback)),
        };
        match self {
            Self::Failed(Failure::Invalid(failure)) => Self::Failed(Failure::Invalid(detail(failure))),
            Self::Failed(Failure::TryAgain(failure)) => Self::Failed(Failure::TryAgain(detail(failure))),
            Self::Crashed(reason) => Self::Crashed(redaction.apply(reason)),
            Self::Succeeded | Self::Stopped(_) => self,
        }
    }

    /// One word for it, as metrics and run records have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed(_) => "failed",
            Self::Stopped(_) => "stopped",
            Self::Crashed(_) => "crashed",
        }
    }
}

/// A failure that the plugin reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The same event would fail again.
    Invalid(FailureDetail),
    /// The same event may succeed later.
    TryAgain(FailureDetail),
}

impl Failure {
    /// What the plugin says of it.
    #[must_use]
    pub fn detail(&self) -> &FailureDetail {
        match self {
            Self::Invalid(detail) | Self::TryAgain(detail) => detail,
        }
    }
}

/// What a plugin says of its failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureDetail {
    /// One line for the trigger's owner.
    pub message: String,
    /// Where in the plugin's source it happened.
    pub traceback: Option<String>,
}

/// How much a log entry matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// For whoever develops the plugin.
    Debug,
    /// The normal course of things.
    Info,
    /// Somebody should look at it some day.
    Warn,
    /// Something went wrong.
    Error,
}

impl fmt::Display for LogLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        })
    }
}

/// Something that a plugin, or the runtime on its behalf, says of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// When it was said.
    pub time: Timestamp,
    /// The number of the run that it was said in, or of.
    pub run: Option<u64>,
    /// How much it matters.
    pub level: LogLevel,
    /// What was said.
    pub message: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    #[test]
    fn no_ending_shows_a_secret() {
        let redaction = Redaction::of([Secret::new("hunter2")].iter());
        let detail = |text: &str| FailureDetail { message: text.into(), traceback: Some(text.into()) };
        for ending in [
            (|text| Ending::Failed(Failure::Invalid(text))) as fn(FailureDetail) -> Ending,
            |text| Ending::Failed(Failure::TryAgain(text)),
            |text| Ending::Crashed(text.message),
        ] {
            assert_eq!(ending(detail("key hunter2")).redacted(&redaction), ending(detail("key ***")));
        }
    }
}
