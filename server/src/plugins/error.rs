//! Why a plugin is not there to be run.

use std::fmt;

/// Why a plugin is not there to be run.
#[derive(Debug)]
pub(crate) enum PluginError {
    /// Its file is none that may be read.
    File(String),
    /// The runtime refuses it.
    Refused(tidegate::Error),
}

// The beginnings are InfluxDB 3's.
impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(reason) => write!(f, "Plugin error: reading plugin file: {reason}"),
            Self::Refused(error) => {
                write!(f, "Plugin error: {error}")
            }
        }
    }
}

impl From<tidegate::Error> for PluginError {
    fn from(error: tidegate::Error) -> Self {
        if error.kind() == tidegate::ErrorKind::NotFound {
            return Self::File(error.to_string());
        }
        Self::Refused(error)
    }
}
