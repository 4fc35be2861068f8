//! How far a write is, for somebody who watches.

use std::io::{self, IsTerminal as _, Write as _};

use super::chunks::Chunk;
use crate::cli::table;

/// How far a write is.
#[derive(Debug)]
pub(super) struct Progress {
    pub(super) lines: usize,
    bytes: usize,
    /// Whether somebody watches.
    shown: bool,
}

impl Progress {
    /// Told on standard error, if that is a terminal.
    pub(super) fn on_terminal() -> Self {
        Self { lines: 0, bytes: 0, shown: io::stderr().is_terminal() }
    }

    /// Told to nobody.
    pub(super) fn silent() -> Self {
        Self { lines: 0, bytes: 0, shown: false }
    }

    /// Counts what was written.
    pub(super) fn add(&mut self, written: &Chunk) {
        self.lines = self.lines.saturating_add(written.lines);
        self.bytes = self.bytes.saturating_add(written.text.len());
        if self.shown {
            #[expect(clippy::cast_precision_loss, reason = "for people")]
            let (lines, bytes) = (self.lines as f64, self.bytes as f64);
            // Over itself, so that it stays one line.
            let told = format!("\r{} lines, {} written", table::count(lines), table::bytes(bytes));
            // Whoever stops watching does not stop the write.
            let _ = io::stderr().write_all(told.as_bytes());
        }
    }

    /// Leaves the line to what comes next.
    pub(super) fn end(&self) {
        if self.shown && self.lines > 0 {
            let _ = io::stderr().write_all(b"\n");
        }
    }
}
