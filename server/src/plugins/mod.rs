//! The plugin directories: which files are loaded, each of them once.

mod directories;
mod error;
mod location;
mod reload;
mod stamp;
mod upload;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{Plugin, PluginSource, Runtime, TenantId};

pub(crate) use directories::{Directories, is_folder_name};
pub(crate) use error::PluginError;
use stamp::Stamp;
pub(crate) use upload::NewFile;

use crate::quotas::Allowances;
use crate::sandbox::{Runners, Sandbox};

/// The plugins of all tenants, as far as triggers have asked for them.
#[derive(Debug)]
pub(crate) struct Plugins {
    runtime: Runtime,
    runners: Runners,
    directories: Directories,
    allowances: Arc<Allowances>,
    loaded: Mutex<BTreeMap<String, Loaded>>,
    /// Held while a plugin is loaded: an older version must not overtake a
    /// newer one.
    loading: tokio::sync::Mutex<()>,
    /// Held while files are uploaded: several would have the same room.
    uploading: tokio::sync::Mutex<()>,
}

/// A file that is loaded.
#[derive(Debug, Clone)]
struct Loaded {
    tenant: TenantId,
    plugin: Plugin,
    /// Its path in the directory, as its triggers name it.
    filename: String,
    /// Of the version that was last looked at; none if the file was gone.
    stamp: Option<Stamp>,
    /// Why that version is not the plugin, if it is not.
    problem: Option<String>,
}

impl Plugins {
    /// The plugins in `directories`, none of them loaded yet.
    pub(crate) fn new(sandbox: &Sandbox, directories: Directories, allowances: Arc<Allowances>) -> Arc<Self> {
        Arc::new(Self {
            runtime: sandbox.runtime.clone(),
            runners: sandbox.runners.clone(),
            directories,
            allowances,
            loaded: Mutex::default(),
            loading: tokio::sync::Mutex::default(),
            uploading: tokio::sync::Mutex::default(),
        })
    }

    /// Returns the plugin in the file called `filename`, as it is now.
    ///
    /// # Errors
    /// If there is no such file in the directory, or it is no plugin.
    pub(crate) async fn load(&self, tenant: &TenantId, filename: &str) -> Result<Plugin, PluginError> {
        let _turn = self.loading.lock().await;
        self.load_in_turn(tenant, filename).await
    }

    /// As [`load`](Self::load), for those who have their turn.
    async fn load_in_turn(&self, tenant: &TenantId, filename: &str) -> Result<Plugin, PluginError> {
        let directory = self.directories.of(tenant).ok_or_else(|| {
            PluginError::File("Node not configured with plugin directory; start it with --plugin-dir".into())
        })?;
        let Version { path, within, stamp } = Version::now(&directory, filename).await?;
        if let Some(missing) = self.runners.missing_for(&path) {
            return Err(PluginError::File(missing));
        }
        let name = plugin_name(tenant, filename);
        if let Some(loaded) = self.lock().get(&name)
            && loaded.problem.is_none()
            && loaded.stamp == stamp
        {
            return Ok(loaded.plugin.clone());
        }
        let plugin = self.runtime.load_for(tenant, &name, PluginSource::Within { path, within }).await?;
        let (tenant, filename) = (tenant.clone(), filename.to_owned());
        let loaded = Loaded { tenant, plugin: plugin.clone(), filename, stamp, problem: None };
        self.lock().insert(name, loaded);
        Ok(plugin)
    }

    /// The files of the runtime's plugin `name`: what they are called within the
    /// plugin, and where they are.
    pub(crate) fn files(&self, name: &str) -> Vec<(String, PathBuf)> {
        let Some(loaded) = self.lock().get(name).cloned() else { return Vec::new() };
        let directory = self.directories.of(&loaded.tenant);
        let Some(path) = directory.and_then(|directory| location::locate(&directory, &loaded.filename).ok()) else {
            return Vec::new();
        };
        let named = |file: PathBuf| {
            let name = file.strip_prefix(&path).ok().filter(|name| !name.as_os_str().is_empty());
            let name = name.or_else(|| file.file_name().map(Path::new))?.display().to_string();
            Some((name, file))
        };
        // The data beside a single file belongs to whoever reads it.
        let files = if path.is_dir() {
            PluginSource::from(path.as_path()).paths().unwrap_or_default()
        } else {
            vec![path.clone()]
        };
        files.into_iter().filter_map(named).collect()
    }

    /// Forgets the plugins of a tenant that is gone, and removes their files.
    pub(crate) async fn forget(&self, tenant: &TenantId) {
        let _turn = self.loading.lock().await;
        self.lock().retain(|_, loaded| loaded.tenant != *tenant);
        if let Err(error) = self.directories.remove(tenant) {
            tracing::error!(%tenant, %error, "plugins of a tenant that is gone are still there; remove their folder");
        }
    }

    /// Why the runtime's plugin `name` is not what lies in its file now, if it is
    /// not.
    pub(crate) fn problem(&self, name: &str) -> Option<String> {
        self.lock().get(name)?.problem.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A plugin's file as it is now.
struct Version {
    /// Where it is, links followed.
    path: PathBuf,
    /// The folder that it lies in, within the directory.
    within: String,
    /// Taken before it is read: a change meanwhile is seen later. None if it has
    /// just gone.
    stamp: Option<Stamp>,
}

impl Version {
    /// Looks for the file called `filename`, where nobody waits for the thread.
    async fn now(directory: &Path, filename: &str) -> Result<Self, PluginError> {
        let (directory, filename) = (directory.to_owned(), filename.to_owned());
        let look = move || {
            let path = location::locate(&directory, &filename)?;
            let stamp = Stamp::of(&path);
            let within = location::folder(&filename);
            Ok(Self { path, within, stamp })
        };
        let looked = tokio::task::spawn_blocking(look).await;
        looked.unwrap_or_else(|error| Err(PluginError::File(format!("looking for it was given up: {error}"))))
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
