//! `tidegate delete tenant`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{CONFIGURE_TENANT, Server};
use crate::cli::confirm::Confirmation;
use crate::cli::output;

/// Deletes a tenant that owns no databases any more, with its tokens and plugins.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate delete tenant acme")]
pub(crate) struct OldTenant {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    confirmation: Confirmation,
    /// Its name
    name: String,
}

impl OldTenant {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, confirmation, name } = self;
        confirmation.ask_people(&format!("tenant \"{name}\""))?;
        let request = server.request(Method::DELETE, CONFIGURE_TENANT)?.query(&[("tenant", &name)]);
        server.send(request).await.context("Failed to delete tenant")?;
        output::line(format!("Tenant \"{name}\" deleted successfully"))?;
        Ok(())
    }
}
