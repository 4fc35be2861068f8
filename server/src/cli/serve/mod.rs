//! `tidegate serve`

mod connections;
mod requests;
mod tls;

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use tidegate::{Clock, SystemClock};
use tidegate_database::EmbeddedDatabase;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::first_token::FirstToken;
use super::storage::{DataDirectory, StorageFlags};
use crate::catalog::Catalog;
use crate::connections as clients;
use crate::grants::{Granting, NamedGrant};
use crate::http;
use crate::logging::{self, LogFormat};
use crate::plugins::Directories;
use crate::quotas::{Allowances, Bounded};
use crate::sandbox::SandboxPlaces;
use crate::server::{Access, Public, Server, Settings};
use crate::tokens::{TokenFile, Tokens};
use connections::ConnectionFlags;
use requests::RequestFlags;
use tls::TlsFlags;

/// Starts a server.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate serve --node-id n0 --data-dir data --plugin-dir plugins --without-auth")]
pub(crate) struct Serve {
    /// What this server is called in its logs
    #[arg(long, env = "INFLUXDB3_NODE_IDENTIFIER_PREFIX", value_name = "NAME")]
    node_id: String,
    /// Folder for what the server keeps; with --object-store memory it can be left away
    #[arg(long, env = "INFLUXDB3_DB_DIR", value_name = "DIR", required_unless_present = "object_store")]
    data_dir: Option<PathBuf>,
    /// Folder with the plugins that triggers may run
    #[arg(long, env = "INFLUXDB3_PLUGIN_DIR", value_name = "DIR")]
    plugin_dir: Option<PathBuf>,
    /// Address to listen at; port 0 takes any that is free
    #[arg(
        long, env = "INFLUXDB3_HTTP_BIND_ADDR", default_value = "127.0.0.1:8181", value_name = "ADDRESS",
        value_parser = address
    )]
    http_bind: SocketAddr,
    /// Let everybody who can reach the address do everything
    #[arg(long, env = "INFLUXDB3_START_WITHOUT_AUTH")]
    without_auth: bool,
    /// File with the operator's token, as `tidegate create token --admin --offline` writes it
    #[arg(long, env = "INFLUXDB3_ADMIN_TOKEN_FILE", value_name = "FILE", conflicts_with = "without_auth")]
    admin_token_file: Option<PathBuf>,
    /// What becomes of the operator's token when there is no token yet
    #[arg(long, env = "TIDEGATE_FIRST_TOKEN", value_enum, default_value = "shown")]
    first_token: FirstToken,
    /// What can be asked without a token
    #[arg(long, env = "INFLUXDB3_DISABLE_AUTHZ", value_enum, value_delimiter = ',', value_name = "ROUTE")]
    disable_authz: Vec<Public>,
    /// The only kinds of triggers that may be created
    #[arg(long, env = "INFLUXDB3_RESTRICT_PLUGIN_TRIGGERS_TO", value_enum, value_delimiter = ',', value_name = "KIND")]
    restrict_plugin_triggers_to: Vec<TriggerKind>,
    /// What every trigger is granted, such as `http=GET https://api.example.com`; can be repeated
    #[arg(long = "default-grant", value_name = "GRANT")]
    default_grants: Vec<NamedGrant>,
    #[command(flatten)]
    tls: TlsFlags,
    #[command(flatten)]
    connections: ConnectionFlags,
    #[command(flatten)]
    requests: RequestFlags,
    #[command(flatten)]
    sandbox: SandboxPlaces,
    #[command(flatten)]
    storage: StorageFlags,
    /// What a line of the log looks like
    #[arg(long, value_enum, default_value = "text")]
    log_format: LogFormat,
    /// What is logged, such as `info,run=debug` for the figures of each run
    #[arg(long, env = "TIDEGATE_LOG", default_value = "info", value_name = "FILTER")]
    log_filter: String,
}

/// A kind of triggers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum TriggerKind {
    /// Those that run when rows are written
    #[value(alias = "wal_flush")]
    Wal,
    /// Those that run when it is time
    Schedule,
    /// Those that run when a client asks
    Request,
}

impl TriggerKind {
    /// What InfluxDB 3 calls it in errors.
    fn name(self) -> &'static str {
        match self {
            Self::Wal => "WalRows",
            Self::Schedule => "Schedule",
            Self::Request => "Request",
        }
    }
}

/// How long requests and runs in progress may take when the server stops.
const GRACE: Duration = Duration::from_secs(10);

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().map_err(|error| format!("expected HOST:PORT: {error}"))?;
    addresses.next().ok_or_else(|| "has no address".to_owned())
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        self.check_bind()?;
        logging::start(self.log_format, &self.log_filter)?;
        self.storage.check()?;
        let directory = DataDirectory::open(self.data_dir.clone(), self.storage.in_memory())?;
        self.storage.warn_if_given();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let catalog = Arc::new(Catalog::open(directory.path())?);
        let access = self.access(&Tokens::new(Arc::clone(&catalog), Arc::clone(&clock))).await?;
        let granting = Granting::new(self.default_grants, self.sandbox.secrets()?).map_err(anyhow::Error::msg)?;
        let database = Arc::new(EmbeddedDatabase::new(self.requests.database())?);
        let allowances = Allowances::new(database, Arc::clone(&clock));
        let bounded = Arc::new(Bounded(Arc::clone(&allowances)));
        let sandbox = self.sandbox.open(bounded, &directory.path().join("artefacts"))?;
        sandbox.runners.warn_if_missing();
        if let Some(missing) = self.plugin_dir.as_ref().filter(|directory| !directory.is_dir()) {
            bail!("the plugin directory is not there; create it, or name another. path=`{}`", missing.display());
        }
        let tenants = directory.path().join("plugins");
        let plugin_dirs = Directories::new(self.plugin_dir, tenants).map_err(anyhow::Error::msg)?;
        let settings = Settings {
            node: self.node_id.clone(),
            catalog,
            access,
            allowed_kinds: self.restrict_plugin_triggers_to.into_iter().map(TriggerKind::name).collect(),
            plugin_dirs,
            bounds: self.requests.bounds(),
            granting,
            clock: Arc::clone(&clock),
        };
        let (tls, bounds) = (self.tls.open(&clock)?, self.connections.bounds());
        clients::allow_files(bounds);
        let server = Server::start(allowances, &sandbox, settings).await;

        let listener = TcpListener::bind(self.http_bind).await.with_context(|| {
            format!(
                "cannot listen at {}; is another server running? Name another address with --http-bind",
                self.http_bind
            )
        })?;
        let address = listener.local_addr()?;
        tracing::warn!("rows are kept in memory in this version: they are gone when the server stops");
        tracing::info!(%address, node = self.node_id, version = env!("CARGO_PKG_VERSION"), "listening");
        serve(listener, clients::Service { router: http::router(server), tls, bounds }).await?;
        sandbox.runtime.shutdown(GRACE).await;
        tracing::info!("stopped");
        Ok(())
    }

    /// Whether strangers are kept out.
    fn check_bind(&self) -> anyhow::Result<()> {
        if self.without_auth && !self.http_bind.ip().is_loopback() {
            bail!(
                "without tokens everybody who can reach {} could run code; listen at 127.0.0.1 instead",
                self.http_bind
            );
        }
        Ok(())
    }

    /// Who may do what. The operator's token is there before strangers can ask for
    /// it.
    async fn access(&self, tokens: &Tokens) -> anyhow::Result<Access> {
        if self.without_auth {
            return Ok(Access::Open);
        }
        if let Some(file) = &self.admin_token_file {
            let shown = file.display();
            let unusable = || format!("the operator's token cannot be read; see --admin-token-file. path=`{shown}`");
            let token: TokenFile =
                serde_json::from_slice(&std::fs::read(file).with_context(unusable)?).with_context(unusable)?;
            tokens.adopt(token).await.map_err(anyhow::Error::msg)?;
        }
        if !tokens.exist() {
            self.first_token.arrange(tokens, self.http_bind, self.log_format).await?;
        }
        if !self.http_bind.ip().is_loopback() && !self.tls.are_given() {
            tracing::warn!(address = %self.http_bind, "tokens travel as they are: give a certificate with --tls-cert");
        }
        Ok(Access::Tokens(self.disable_authz.clone()))
    }
}

/// Answers requests until the process is told to stop.
async fn serve(listener: TcpListener, service: clients::Service) -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let mut answering = tokio::spawn(clients::serve(listener, service, stopped));
    tokio::select! {
        ended = &mut answering => return Ok(ended?),
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    let _ = stop.send(true);
    // Connections that stay open do not keep the process alive.
    let _ = tokio::time::timeout(GRACE, &mut answering).await;
    answering.abort();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Only {
        #[command(flatten)]
        serve: Serve,
    }

    fn refusal(flags: &str) -> Option<String> {
        let line = format!("serve --node-id n0 --data-dir d {flags}");
        let Only { serve } = Only::try_parse_from(line.split_whitespace()).unwrap();
        serve.check_bind().err().map(|error| error.to_string())
    }

    #[test]
    fn strangers_are_kept_out() {
        assert_eq!(refusal("--http-bind 0.0.0.0:8181"), None);
        assert!(refusal("--without-auth --http-bind 0.0.0.0:8181").unwrap().contains("127.0.0.1"));
        assert_eq!(refusal("--without-auth --http-bind [::1]:0"), None);
        assert_eq!(refusal("--without-auth --http-bind localhost:8181"), None);
    }
}
