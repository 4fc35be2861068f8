//! What commands print.

use std::io::{self, Write as _};

use clap::ValueEnum;

/// For whom something that is no rows is printed.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Style {
    /// For people
    #[value(alias = "pretty")]
    Text,
    /// For programs: all that is known
    Json,
}

/// Prints `text` as a line on standard output.
///
/// # Errors
/// If nobody reads it: a pipe into `head` is no reason to panic.
pub(super) fn line(text: impl AsRef<str>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_ref().as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// Whether `error` only says that nobody reads any more.
pub(crate) fn is_closed(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
