//! `tidegate delete token`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;

use crate::cli::client::{Server, TOKEN};
use crate::cli::confirm::Confirmation;
use crate::cli::output;

/// Deletes a token.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate delete token --token-name deploy")]
pub(crate) struct OldToken {
    #[command(flatten)]
    server: Server,
    /// Its name
    #[arg(long, value_name = "NAME")]
    token_name: String,
    #[command(flatten)]
    confirmation: Confirmation,
}

impl OldToken {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, token_name, confirmation } = self;
        confirmation.ask_people(&format!("token \"{token_name}\""))?;
        let request = server.request(Method::DELETE, TOKEN)?.query(&[("token_name", &token_name)]);
        server.send(request).await.context("Failed to delete token")?;
        output::line(format!("Token \"{token_name}\" deleted successfully"))?;
        Ok(())
    }
}
