//! Whether somebody means it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::bail;
use clap::Args;

/// Whether somebody means it.
#[derive(Debug, Args)]
pub(super) struct Confirmation {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

impl Confirmation {
    /// Asks before `what` is deleted, if there is somebody at a terminal: InfluxDB
    /// 3 does not ask, and scripts do not answer.
    ///
    /// # Errors
    /// As of [`ask`](Self::ask).
    pub(super) fn ask_people(&self, what: &str) -> anyhow::Result<()> {
        if std::io::stdin().is_terminal() { self.ask(what) } else { Ok(()) }
    }

    /// Asks before `what` is deleted.
    ///
    /// # Errors
    /// If they do not say yes.
    pub(super) fn ask(&self, what: &str) -> anyhow::Result<()> {
        if self.yes {
            return Ok(());
        }
        let stdin = std::io::stdin();
        let mut stderr = std::io::stderr();
        write!(stderr, "Are you sure you want to delete {what}? Enter 'yes' to confirm: ")?;
        stderr.flush()?;
        let mut answer = String::new();
        stdin.lock().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            bail!("{what} is not deleted: nobody said yes; scripts say it with --yes");
        }
        Ok(())
    }
}
