//! What requests are answered from.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, Runtime};
use tidegate_database::EmbeddedDatabase;

use crate::catalog::Catalog;
use crate::databases;
use crate::grants::Granting;
use crate::http::Budget;
use crate::plugin_log::PluginLog;
use crate::plugins::{Directories, Plugins};
use crate::queries::{Queries, QueryBounds};
use crate::quotas::Allowances;
use crate::sandbox::Sandbox;
use crate::tenants;
use crate::tokens::Tokens;
use crate::triggers::{Parts, Triggers};

/// What requests are answered from.
#[derive(Debug)]
pub(crate) struct Server {
    /// What it is called.
    pub(crate) node: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) database: Arc<EmbeddedDatabase>,
    pub(crate) runtime: Runtime,
    pub(crate) triggers: Arc<Triggers>,
    pub(crate) plugin_log: Arc<PluginLog>,
    pub(crate) queries: Queries,
    pub(crate) granting: Arc<Granting>,
    pub(crate) allowances: Arc<Allowances>,
    pub(crate) tokens: Tokens,
    pub(crate) access: Access,
    pub(crate) clock: Arc<dyn Clock>,
    /// The largest body of a request, compressed or not.
    pub(crate) max_request_bytes: usize,
    /// What the bodies of all requests in hand may take.
    pub(crate) buffered: Budget,
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody is an administrator.
    Open,
    /// Whoever has a token may do what it permits; others what is listed.
    Tokens(Vec<Public>),
}

/// What can be asked without a token, if the operator wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Public {
    Health,
    Ping,
    Metrics,
}

impl Server {
    /// Puts the parts together, with what the catalog has, and starts what goes on
    /// in the background.
    pub(crate) async fn start(allowances: Arc<Allowances>, sandbox: &Sandbox, settings: Settings) -> Arc<Self> {
        let Settings { node, catalog, plugin_dirs, bounds, granting, access, allowed_kinds, clock } = settings;
        let (runtime, database) = (sandbox.runtime.clone(), Arc::clone(allowances.database()));
        let (log, granting) = (Arc::new(PluginLog::default()), Arc::new(granting));
        let plugins = Plugins::new(sandbox, plugin_dirs, Arc::clone(&allowances));
        tokio::spawn(Arc::clone(&log).listen(runtime.notices()));
        tokio::spawn(Arc::clone(&plugins).keep_fresh(Arc::clone(&log), Arc::clone(&clock)));
        tokio::spawn(expire(Arc::clone(&database), Arc::clone(&clock)));
        let triggers = Arc::new(Triggers::new(Parts {
            runtime: runtime.clone(),
            database: Arc::clone(&database),
            catalog: Arc::clone(&catalog),
            plugins,
            allowances: Arc::clone(&allowances),
            granting: Arc::clone(&granting),
            log: Arc::clone(&log),
            allowed_kinds,
        }));
        tokio::spawn(Arc::clone(&triggers).remember_failures(runtime.notices()));
        databases::restore(&database, &catalog.now());
        tenants::restore((&runtime, &allowances), &catalog.now());
        triggers.restore().await;
        tokio::spawn(Arc::clone(&triggers).keep_trying(Arc::clone(&clock)));
        Arc::new(Self {
            node,
            tokens: Tokens::new(Arc::clone(&catalog), Arc::clone(&clock)),
            queries: Queries::new(bounds.queries),
            plugin_log: log,
            catalog,
            database,
            runtime,
            triggers,
            granting,
            allowances,
            access,
            clock,
            max_request_bytes: bounds.request_bytes,
            buffered: Budget::new(bounds.buffered_bytes),
        })
    }
}

/// How often rows that are too old give their memory back.
const EXPIRY_PERIOD: Duration = Duration::from_secs(60);

async fn expire(database: Arc<EmbeddedDatabase>, clock: Arc<dyn Clock>) {
    loop {
        clock.sleep(EXPIRY_PERIOD).await;
        database.expire();
    }
}

/// What the server is told from outside.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) node: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) plugin_dirs: Directories,
    pub(crate) bounds: ServerBounds,
    pub(crate) granting: Granting,
    pub(crate) access: Access,
    /// The only kinds of triggers that may be created; all if there are none.
    pub(crate) allowed_kinds: Vec<&'static str>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// What requests may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ServerBounds {
    /// The largest body of a request, compressed or not.
    pub(crate) request_bytes: usize,
    /// The bodies of all requests in hand.
    pub(crate) buffered_bytes: usize,
    pub(crate) queries: QueryBounds,
}
