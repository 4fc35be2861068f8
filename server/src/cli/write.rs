//! `tidegate write`

use std::path::PathBuf;

use clap::Args;
use reqwest::Method;
use tidegate_database::Precision;

use super::client::Target;
use super::input;
use super::output;

/// Writes line protocol.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate write -d sensors 'cpu,host=a usage=0.5'
  tidegate write -d sensors --precision s --file readings.lp")]
pub(crate) struct Write {
    #[command(flatten)]
    target: Target,
    /// Unit of the timestamps: s, ms, us, ns, or auto, which goes by their size
    #[arg(short, long, default_value = "auto", value_name = "UNIT")]
    precision: Precision,
    /// Keep the good lines if there are bad ones
    #[arg(long)]
    accept_partial: bool,
    /// Do not wait until it is durable
    #[arg(long)]
    no_sync: bool,
    /// File with line protocol
    #[arg(short, long, conflicts_with = "line_protocol")]
    file: Option<PathBuf>,
    /// Line protocol [default: standard input]
    line_protocol: Option<String>,
}

impl Write {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let lines = input::text(self.line_protocol, self.file)?;
        let request = self
            .target
            .server
            .request(Method::POST, "/api/v3/write_lp")?
            .query(&[("db", &self.target.database), ("precision", &self.precision.to_string())])
            .query(&[("accept_partial", self.accept_partial), ("no_sync", self.no_sync)])
            .body(lines);
        self.target.server.send(request).await?;
        output::line("success")?;
        Ok(())
    }
}
