//! `tidegate write`

mod chunks;
mod progress;
mod sending;

use std::fs::File;
use std::io::{self, Cursor, IsTerminal as _, Read};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::amounts::size;
use super::client::Target;
use super::output;
use chunks::Chunks;
use progress::Progress;
use sending::Sending;

/// Writes line protocol.
#[derive(Debug, Args)]
#[command(after_help = "\
Files of any size are sent in requests that end between two lines, several at once and in no order; with \
--max-concurrent-requests 1 one after the other.

Examples:
  tidegate write -d sensors 'cpu,host=a usage=0.5'
  tidegate write -d sensors --precision s --file readings.lp
  zcat year.lp.gz | tidegate write -d sensors --gzip --accept-partial")]
pub(crate) struct Write {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    sending: Sending,
    /// Largest body of a request, before it is compressed; the server must allow it
    #[arg(long, default_value = "10MiB", value_parser = size, value_name = "SIZE")]
    max_request_size: usize,
    /// Say nothing of how far it is
    #[arg(short, long)]
    quiet: bool,
    /// Where to write, if that is not where --host says
    #[arg(long, value_name = "URL")]
    write_host: Option<String>,
    /// File with line protocol
    #[arg(short, long, conflicts_with = "line_protocol")]
    file: Option<PathBuf>,
    /// Line protocol [default: standard input]
    line_protocol: Option<String>,
}

impl Write {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let source: Box<dyn Read + Send> = match (self.line_protocol, self.file) {
            (Some(lines), _) => Box::new(Cursor::new(lines)),
            (None, Some(file)) => {
                Box::new(File::open(&file).with_context(|| format!("cannot read {}", file.display()))?)
            }
            (None, None) if io::stdin().is_terminal() => {
                bail!("nothing to do: give it as an argument, with --file, or on standard input")
            }
            (None, None) => Box::new(io::stdin()),
        };
        let Target { server, database } = self.target;
        let target = Target { server: server.or_at(self.write_host), database };
        let progress = if self.quiet { Progress::silent() } else { Progress::on_terminal() };
        self.sending.run(&target, Chunks::of(source, self.max_request_size), progress).await?;
        output::line("success")?;
        Ok(())
    }
}
