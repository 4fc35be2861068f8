//! Mistakes on the command line that show only when a command runs.

use std::fmt;
use std::process::ExitCode;

/// A command was not used as it is meant.
#[derive(Debug)]
struct Misused(String);

impl fmt::Display for Misused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misused {}

/// Says how a command was not meant.
pub(super) fn misused(reason: impl Into<String>) -> anyhow::Error {
    Misused(reason.into()).into()
}

/// What a process ends with because of `error`: 2 like clap if it is a mistake
/// on the command line, or else 1.
pub(crate) fn exit_code(error: &anyhow::Error) -> ExitCode {
    if error.is::<Misused>() { ExitCode::from(2) } else { ExitCode::FAILURE }
}
