//! Text from the command line, a file or standard input.

use std::io::{IsTerminal, Read};
use std::path::PathBuf;

use anyhow::{Context as _, bail};

/// Returns `text`, or else what is in `file`, or else what comes on standard
/// input.
///
/// # Errors
/// If there is none, or it cannot be read.
pub(super) fn text(text: Option<String>, file: Option<PathBuf>) -> anyhow::Result<String> {
    if let Some(text) = text {
        return Ok(text);
    }
    if let Some(file) = file {
        return std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()));
    }
    let mut stdin = std::io::stdin().lock();
    if stdin.is_terminal() {
        bail!("nothing to do: give it as an argument, with --file, or on standard input");
    }
    let mut text = String::new();
    stdin.read_to_string(&mut text).context("cannot read standard input")?;
    Ok(text)
}
