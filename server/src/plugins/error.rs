//! Why a plugin is not there to be run.

use std::fmt;

use tidegate::ErrorKind;

use crate::quotas::Exceeded;

/// Why a plugin is not there to be run.
#[derive(Debug)]
pub(crate) enum PluginError {
    /// Its file is none that may be read.
    File(String),
    /// The plugin directory cannot be written.
    Disk(String),
    /// Its tenant may have no more files.
    Exceeded(Exceeded),
    /// The runtime refuses it.
    Refused(tidegate::Error),
}

impl PluginError {
    /// Whether it may go away by itself.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Refused(error) if matches!(error.kind(), ErrorKind::Overloaded | ErrorKind::Internal))
    }
}

// The beginnings are InfluxDB 3's.
impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(reason) => write!(f, "Plugin error: reading plugin file: {reason}"),
            Self::Disk(reason) => write!(f, "Plugin error: the plugin directory cannot be written: {reason}"),
            Self::Exceeded(exceeded) => fmt::Display::fmt(exceeded, f),
            Self::Refused(error) => {
                write!(f, "Plugin error: {error}")
            }
        }
    }
}

impl From<tidegate::Error> for PluginError {
    fn from(error: tidegate::Error) -> Self {
        if error.kind() == ErrorKind::NotFound {
            return Self::File(error.to_string());
        }
        Self::Refused(error)
    }
}
