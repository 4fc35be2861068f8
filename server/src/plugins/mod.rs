//! The plugin directory: which files are loaded, each of them once.

mod error;
mod location;
mod reload;
mod stamp;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{Plugin, Runtime, TenantId};

pub(crate) use error::PluginError;
use stamp::Stamp;

use crate::sandbox::{Runners, Sandbox};

/// The plugins of a directory, as far as triggers have asked for them.
#[derive(Debug)]
pub(crate) struct Plugins {
    runtime: Runtime,
    runners: Runners,
    directory: Option<PathBuf>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    /// Held while a plugin is loaded: an older version must not overtake a
    /// newer one.
    loading: tokio::sync::Mutex<()>,
}

/// A file that is loaded.
#[derive(Debug, Clone)]
struct Loaded {
    tenant: TenantId,
    plugin: Plugin,
    path: PathBuf,
    /// Of the version that was last looked at; none if the file was gone.
    stamp: Option<Stamp>,
    /// Whether that version is the plugin.
    good: bool,
}

impl Plugins {
    /// The plugins in `directory`, none of them loaded yet.
    pub(crate) fn new(sandbox: &Sandbox, directory: Option<PathBuf>) -> Arc<Self> {
        Arc::new(Self {
            runtime: sandbox.runtime.clone(),
            runners: sandbox.runners.clone(),
            directory,
            loaded: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
        })
    }

    /// Returns the plugin in the file called `filename`, as it is now.
    ///
    /// # Errors
    /// If there is no such file in the directory, or it is no plugin.
    pub(crate) async fn load(&self, tenant: &TenantId, filename: &str) -> Result<Plugin, PluginError> {
        let directory = self.directory.as_ref().ok_or_else(|| {
            PluginError::File("Node not configured with plugin directory; start it with --plugin-dir".into())
        })?;
        let path = location::locate(directory, filename)?;
        if let Some(missing) = self.runners.missing_for(&path) {
            return Err(PluginError::File(missing));
        }
        let _turn = self.loading.lock().await;
        let name = plugin_name(tenant, filename);
        // Taken before the file is read: a change meanwhile is seen later.
        let stamp = Stamp::of(&path);
        if let Some(loaded) = self.lock().get(&name)
            && loaded.good
            && loaded.stamp == stamp
        {
            return Ok(loaded.plugin.clone());
        }
        let plugin = self.runtime.load(&name, path.clone()).await?;
        let loaded = Loaded { tenant: tenant.clone(), plugin: plugin.clone(), path, stamp, good: true };
        self.lock().insert(name, loaded);
        Ok(plugin)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name under which the runtime has the plugin in a file.
fn plugin_name(tenant: &TenantId, filename: &str) -> String {
    let filename = filename.trim_end_matches('/');
    format!("{tenant}/{}", filename.trim_start_matches("./"))
}

/// The file that the runtime's plugin `name` is in.
pub(crate) fn filename<'a>(tenant: &TenantId, name: &'a str) -> &'a str {
    name.strip_prefix(tenant.as_str()).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name)
}
