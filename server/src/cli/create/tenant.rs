//! `tidegate create tenant`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{CONFIGURE_TENANT, Server};
use crate::cli::output;
use crate::cli::quotas::Quotas;

/// Creates a tenant: databases, triggers and plugins that only its own tokens reach.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate create tenant acme
  tidegate create tenant --quota databases=10 --quota stored_bytes=10GiB acme
  tidegate create token --tenant acme --name acme-app --permission 'db:*:read,write'")]
pub(crate) struct NewTenant {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    quotas: Quotas,
    /// What to call it: lower-case letters, digits, `-` and `_`
    name: String,
}

impl NewTenant {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, quotas, name } = self;
        let request = server.request(Method::POST, CONFIGURE_TENANT)?.json(&quotas.of(&name));
        server.send(request).await.context("Failed to create tenant")?;
        output::line(format!("Tenant \"{name}\" created successfully"))?;
        Ok(())
    }
}
