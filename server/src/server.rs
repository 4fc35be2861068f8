//! What requests are answered from.

use std::path::PathBuf;
use std::sync::Arc;

use tidegate::{Clock, Runtime, TenantId};
use tidegate_database::EmbeddedDatabase;

use crate::grants::Granting;
use crate::plugin_log::PluginLog;
use crate::plugins::Plugins;
use crate::sandbox::Sandbox;
use crate::triggers::Triggers;

/// What requests are answered from.
#[derive(Debug)]
pub(crate) struct Server {
    /// Whose everything is, until tokens say otherwise.
    pub(crate) tenant: TenantId,
    pub(crate) database: Arc<EmbeddedDatabase>,
    pub(crate) runtime: Runtime,
    pub(crate) triggers: Triggers,
    pub(crate) plugin_log: Arc<PluginLog>,
    pub(crate) granting: Granting,
    pub(crate) clock: Arc<dyn Clock>,
    /// The largest body of a request, compressed or not.
    pub(crate) max_request_bytes: usize,
}

impl Server {
    /// Puts the parts together and starts what goes on in the background.
    pub(crate) fn start(database: Arc<EmbeddedDatabase>, sandbox: &Sandbox, settings: Settings) -> Arc<Self> {
        let Settings { plugin_dir, max_request_bytes, granting, clock } = settings;
        let runtime = sandbox.runtime.clone();
        let plugins = Plugins::new(sandbox, plugin_dir);
        let plugin_log = Arc::new(PluginLog::default());
        tokio::spawn(Arc::clone(&plugin_log).listen(runtime.notices()));
        tokio::spawn(Arc::clone(&plugins).keep_fresh(Arc::clone(&plugin_log), Arc::clone(&clock)));
        let triggers = Triggers {
            runtime: runtime.clone(),
            database: Arc::clone(&database),
            plugins,
            log: Arc::clone(&plugin_log),
        };
        let tenant = TenantId::default_tenant();
        Arc::new(Self { tenant, database, runtime, triggers, plugin_log, granting, clock, max_request_bytes })
    }
}

/// What the server is told from outside.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) plugin_dir: Option<PathBuf>,
    pub(crate) max_request_bytes: usize,
    pub(crate) granting: Granting,
    pub(crate) clock: Arc<dyn Clock>,
}
