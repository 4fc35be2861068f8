//! A server, as commands talk to it.

mod refused;

use std::path::PathBuf;
use std::sync::OnceLock;

use anyhow::{Context as _, bail};
use clap::Args;
use clap::builder::FalseyValueParser;
use reqwest::{Certificate, Client, Method, RequestBuilder, Response};
use tidegate::Secret;

use crate::http::auth::TENANT;
pub(super) use refused::Refused;

/// Which server to talk to.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server's address [default: http://127.0.0.1:8181]
    #[arg(short = 'H', long, env = "INFLUXDB3_HOST_URL", value_name = "URL")]
    host: Option<String>,
    /// A token that the server knows; the environment keeps it from those who can see which programs run
    #[arg(long, env = "INFLUXDB3_AUTH_TOKEN", hide_env_values = true, value_parser = token, value_name = "TOKEN")]
    token: Option<Secret>,
    /// File with certificate authorities (PEM) to trust beside the system's
    #[arg(long, env = "INFLUXDB3_TLS_CA", value_name = "FILE")]
    tls_ca: Option<PathBuf>,
    /// Talk to whoever answers, whatever the certificate says
    #[arg(long, env = "INFLUXDB3_TLS_NO_VERIFY", value_parser = FalseyValueParser::new())]
    tls_no_verify: bool,
    /// The tenant to act for, with an administrator's token [default: default]
    #[arg(long, env = "TIDEGATE_TENANT", value_name = "TENANT")]
    pub(super) tenant: Option<String>,
    #[arg(skip)]
    client: OnceLock<Client>,
}

/// Which server and database to talk to.
#[derive(Debug, Args)]
pub(super) struct Target {
    #[command(flatten)]
    pub(super) server: Server,
    /// The database
    #[arg(short, long, env = "INFLUXDB3_DATABASE_NAME", value_name = "NAME")]
    pub(super) database: String,
}

pub(super) const TRIGGER: &str = "/api/v3/configure/processing_engine_trigger";
pub(super) const DATABASE: &str = "/api/v3/configure/database";
pub(super) const TABLE: &str = "/api/v3/configure/table";
pub(super) const CONFIGURE_TENANT: &str = "/api/v3/configure/tenant";
pub(super) const TOKEN: &str = "/api/v3/configure/token";
pub(super) const PLUGIN_FILES: &str = "/api/v3/plugins/files";
pub(super) const PLUGIN_DIRECTORY: &str = "/api/v3/plugins/directory";

/// Where a server listens unless it is told otherwise.
const DEFAULT_HOST: &str = "http://127.0.0.1:8181";

// Must take everything: what clap refuses it prints.
#[expect(clippy::unnecessary_wraps, reason = "clap asks for it")]
fn token(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

impl Server {
    /// Whether somebody said which server it is.
    pub(super) fn is_named(&self) -> bool {
        self.host.as_ref().is_some_and(|host| !host.is_empty())
    }

    /// This server, or that at `host` if there is one.
    pub(super) fn or_at(self, host: Option<String>) -> Self {
        Self { host: host.or(self.host), ..self }
    }

    /// A request to `path`.
    ///
    /// # Errors
    /// If the address or a certificate cannot be used.
    pub(super) fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let host = self.host();
        if !host.starts_with("http://") && !host.starts_with("https://") {
            bail!("the server's address must begin with http:// or https://. host=`{host}`");
        }
        let mut request = self.client()?.request(method, format!("{host}{path}"));
        if let Some(tenant) = self.tenant.as_ref().filter(|tenant| !tenant.is_empty()) {
            request = request.header(TENANT, tenant);
        }
        Ok(match self.token() {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        })
    }

    /// Sends a request and returns a response that says yes.
    ///
    /// # Errors
    /// If there is no server, or [`Refused`] if it says no.
    pub(super) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => bail!(self.unreachable(&error)),
            Err(error) if error.is_builder() => return Err(error).context("check --host and --token"),
            Err(error) => return Err(error).context("the server did not answer"),
        };
        if response.status().is_success() {
            return Ok(response);
        }
        Err(Refused::by(response, self.token()).await.into())
    }

    fn unreachable(&self, error: &reqwest::Error) -> String {
        let host = self.host();
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let instead = match host.starts_with("https://") {
            true => "name the authority of its certificate with --tls-ca, or another server with --host",
            false => "start a server with `tidegate serve`, or name another with --host",
        };
        format!("cannot reach {host}: {cause}; {instead}")
    }

    fn host(&self) -> &str {
        let named = self.host.as_deref().filter(|host| !host.is_empty());
        named.unwrap_or(DEFAULT_HOST).trim_end_matches('/')
    }

    fn token(&self) -> Option<&Secret> {
        self.token.as_ref().filter(|token| !token.expose().is_empty())
    }

    fn client(&self) -> anyhow::Result<&Client> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        // A proxy is for the world outside; the server is one's own. The system's
        // authorities take long to read, and nobody asks them in the clear.
        let mut builder = Client::builder().no_proxy().tls_built_in_root_certs(self.host().starts_with("https://"));
        if let Some(authorities) = &self.tls_ca {
            let shown = authorities.display();
            let pem = std::fs::read(authorities)
                .with_context(|| format!("certificate authorities cannot be read; see --tls-ca. path=`{shown}`"))?;
            let trusted = Certificate::from_pem_bundle(&pem)
                .with_context(|| format!("certificate authorities must be PEM; see --tls-ca. path=`{shown}`"))?;
            builder = trusted.into_iter().fold(builder, reqwest::ClientBuilder::add_root_certificate);
        }
        let client = builder.danger_accept_invalid_certs(self.tls_no_verify).build();
        let client = client.context("the HTTP client does not start")?;
        Ok(self.client.get_or_init(|| client))
    }
}
