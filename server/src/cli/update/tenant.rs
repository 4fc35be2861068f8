//! `tidegate update tenant`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{CONFIGURE_TENANT, Server};
use crate::cli::output;
use crate::cli::quotas::Quotas;
use crate::cli::usage::misused;

/// Sets quotas of a tenant; the others stay as they are.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate update tenant --quota concurrent_runs=8 --quota memory_bytes=1GiB acme")]
pub(crate) struct ChangedTenant {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    quotas: Quotas,
    /// Its name
    name: String,
}

impl ChangedTenant {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, quotas, name } = self;
        if quotas.is_empty() {
            return Err(misused("nothing to do: name what is to change with --quota"));
        }
        let request = server.request(Method::PUT, CONFIGURE_TENANT)?.json(&quotas.of(&name));
        server.send(request).await.context("Failed to update tenant")?;
        output::line(format!("Tenant \"{name}\" updated successfully"))?;
        Ok(())
    }
}
