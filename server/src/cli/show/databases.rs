//! `tidegate show databases`

use clap::Args;
use reqwest::Method;

use crate::cli::client::{DATABASE, Server};
use crate::cli::rows::Rows;

/// Shows the databases.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show databases --show-deleted --format csv")]
pub(crate) struct Databases {
    #[command(flatten)]
    server: Server,
    /// Those that are deleted and not yet gone, as well
    #[arg(long)]
    show_deleted: bool,
    #[command(flatten)]
    rows: Rows,
}

impl Databases {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, show_deleted, rows } = self;
        rows.check()?;
        let asked = [("format", rows.format.name()), ("show_deleted", if show_deleted { "true" } else { "false" })];
        let request = server.request(Method::GET, DATABASE)?.query(&asked);
        rows.show(server.send(request).await?).await
    }
}
