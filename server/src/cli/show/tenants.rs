//! `tidegate show tenants`

use clap::Args;
use reqwest::Method;

use crate::cli::client::{CONFIGURE_TENANT, Server};
use crate::cli::rows::Rows;

/// Shows the tenants, and which of their quotas are not as by default.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show tenants --format csv")]
pub(crate) struct Tenants {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    rows: Rows,
}

impl Tenants {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, rows } = self;
        rows.check()?;
        let request = server.request(Method::GET, CONFIGURE_TENANT)?.query(&[("format", rows.format.name())]);
        rows.show(server.send(request).await?).await
    }
}
