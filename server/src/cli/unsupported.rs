//! Commands of InfluxDB 3 that say what to do instead.

use anyhow::bail;
use clap::{Args, Subcommand};

/// A command that is not supported, whatever is said to it.
#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Unsupported {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _rest: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Install {
    /// Not supported: a plugin carries its packages with it; see `tidegate package`
    Package(Unsupported),
}

pub(super) const CACHES: &str = "last-value and distinct-value caches are not supported; ask with SQL instead, such as \
                                 `SELECT DISTINCT ON (host) * FROM cpu ORDER BY host, time DESC` or \
                                 `SELECT DISTINCT host FROM cpu`";

const PACKAGES: &str = "packages cannot be installed on the server: each plugin carries its own; put the plugin and its \
                        requirements.txt into one file with `tidegate package PLUGIN`, and that file into the plugin \
                        directory";

impl Unsupported {
    /// Says `why`, and what to do instead.
    pub(super) fn refuse(self, why: &'static str) -> anyhow::Result<()> {
        bail!(why)
    }
}

impl Install {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let Self::Package(asked) = self;
        asked.refuse(PACKAGES)
    }
}
