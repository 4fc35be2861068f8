//! Why triggers are not as somebody wants them.

use std::fmt;

use tidegate::{DatabaseName, TriggerName, TriggerSpec};

use crate::caller::Denied;
use crate::catalog::NotKept;
use crate::plugins::PluginError;
use crate::quotas::Exceeded;

/// Why triggers are not as somebody wants them.
#[derive(Debug)]
pub(crate) enum TriggerError {
    /// There is no such database.
    NoDatabase(DatabaseName),
    /// There is no such trigger.
    NoTrigger(TriggerName),
    /// There is one of this name.
    Exists(TriggerName),
    /// It runs, and was not to be stopped.
    Running(TriggerName),
    /// The server does not take triggers of its kind.
    Restricted(&'static str),
    /// Whoever asks may not have it so.
    Denied(Denied),
    /// Its tenant may own no more.
    Exceeded(Exceeded),
    /// Its definition is wrong.
    Invalid(String),
    /// Its plugin cannot be used.
    Plugin(PluginError),
    /// The runtime refuses it.
    Runtime(tidegate::Error),
    /// It cannot be kept.
    NotKept(NotKept),
}

// InfluxDB 3's texts, where it has some.
impl fmt::Display for TriggerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDatabase(name) => {
                write!(f, "Database not found {name}; create it with `tidegate create database {name}`")
            }
            Self::NoTrigger(name) => write!(f, "the requested resource was not found: {name}"),
            Self::Exists(name) => {
                write!(f, "attempted to create a resource that already exists; choose another name. trigger=`{name}`")
            }
            Self::Running(name) => {
                write!(f, "Cannot delete running plugin {name}. Disable it first or use --force.")
            }
            Self::Restricted(kind) => {
                write!(f, "invalid request: server is configured to reject {kind} plugin triggers")
            }
            Self::Denied(denied) => fmt::Display::fmt(denied, f),
            Self::Exceeded(exceeded) => fmt::Display::fmt(exceeded, f),
            Self::Invalid(reason) => f.write_str(reason),
            Self::Plugin(error) => fmt::Display::fmt(error, f),
            Self::Runtime(error) => fmt::Display::fmt(error, f),
            Self::NotKept(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl From<tidegate::Error> for TriggerError {
    fn from(error: tidegate::Error) -> Self {
        Self::Runtime(error)
    }
}

impl From<Denied> for TriggerError {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Exceeded> for TriggerError {
    fn from(exceeded: Exceeded) -> Self {
        Self::Exceeded(exceeded)
    }
}

impl From<PluginError> for TriggerError {
    fn from(error: PluginError) -> Self {
        Self::Plugin(error)
    }
}

impl From<NotKept> for TriggerError {
    fn from(error: NotKept) -> Self {
        Self::NotKept(error)
    }
}

/// What InfluxDB 3 calls triggers with this spec.
pub(crate) fn kind(spec: &TriggerSpec) -> &'static str {
    match spec {
        TriggerSpec::Write(_) => "WalRows",
        TriggerSpec::Schedule(_) => "Schedule",
        TriggerSpec::Request(_) => "Request",
    }
}
