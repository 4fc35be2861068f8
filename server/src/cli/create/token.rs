//! `tidegate create token`

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde_json::{Value, json};
use tidegate::Secret;

use super::offline;
use crate::cli::client::{Server, TOKEN};
use crate::cli::output::{self, Style};
use crate::cli::periods::duration;
use crate::permissions::Permission;

/// Creates a token.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  tidegate create token --admin
  tidegate create token --admin --name deploy --expiry 10d
  tidegate create token --tenant acme --name app --permission db:sensors,weather:read,write --permission 'db:*:request'
  tidegate create token --admin --regenerate
  tidegate create token --admin --offline --output-file admin-token.json")]
pub(crate) struct NewToken {
    #[command(flatten)]
    server: Server,
    /// An administrator's, who may do everything
    #[arg(long, required_unless_present = "permissions")]
    admin: bool,
    /// A tenant's, who may do this: db:DATABASES:ACTIONS, where `*` are all databases of the tenant and actions are read,
    /// write, triggers and request; can be repeated
    #[arg(long = "permission", value_name = "PERMISSION", requires = "name", conflicts_with_all = ["admin", "regenerate", "offline"])]
    permissions: Vec<Permission>,
    /// What to call it, beside the first one [default: _admin, the first one]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How long it is good, such as 10d [default: for ever]
    #[arg(long, value_parser = duration, value_name = "DURATION")]
    expiry: Option<Duration>,
    /// Replace the first one, which is good no longer
    #[arg(long, conflicts_with_all = ["name", "expiry", "offline"])]
    regenerate: bool,
    /// Make it here, without a server, for `tidegate serve --admin-token-file`
    #[arg(long, requires = "output_file")]
    offline: bool,
    /// File to put it into, which nobody else can read
    #[arg(long, requires = "offline", value_name = "FILE")]
    output_file: Option<PathBuf>,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    format: Style,
}

impl NewToken {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, name, expiry, format, permissions, .. } = self;
        if let Some(file) = self.output_file {
            return offline::make(&file, name, expiry);
        }
        let request = match (name, self.regenerate) {
            (Some(name), _) if !permissions.is_empty() => {
                let expiry = expiry.map(|expiry| expiry.as_secs());
                let body = json!({"token_name": name, "permissions": permissions, "expiry_secs": expiry});
                server.request(Method::POST, TOKEN)?.json(&body)
            }
            (Some(name), _) => {
                let body = json!({"token_name": name, "expiry_secs": expiry.map(|expiry| expiry.as_secs())});
                server.request(Method::POST, &format!("{TOKEN}/named_admin"))?.json(&body)
            }
            (None, true) => server.request(Method::POST, &format!("{TOKEN}/admin/regenerate"))?,
            (None, false) if expiry.is_some() => {
                return Err(crate::cli::usage::misused("the first token is good for ever; give --name with --expiry"));
            }
            (None, false) => server.request(Method::POST, &format!("{TOKEN}/admin"))?,
        };
        let answer = server.send(request).await.context("Failed to create token")?;
        let created: Value = answer.json().await.context("the server did not answer with a token")?;
        match format {
            Style::Json => output::line(serde_json::to_string_pretty(&created)?)?,
            Style::Text => {
                let token = created.get("token").and_then(Value::as_str);
                output::line(told(&Secret::new(token.context("the server did not answer with a token")?)))?;
            }
        }
        Ok(())
    }
}

// The beginning and `Token: ` are InfluxDB 3's.
fn told(token: &Secret) -> String {
    let token = token.expose();
    format!(
        "New token created successfully!\n\nToken: {token}\nHTTP Requests Header: Authorization: Bearer {token}\n\n\
         IMPORTANT: Store this token securely, as it cannot be shown again."
    )
}
