//! Where the sandbox finds what it needs besides a database.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use tidegate::{Database, Language, Runtime};

use crate::grants::Secrets;

/// Where the sandbox finds what it needs besides a database.
#[derive(Debug, Args)]
pub(crate) struct SandboxPlaces {
    /// Folder with the runners of source files, such as python.wasm [default: `runners` beside this program]
    #[arg(long, env = "TIDEGATE_RUNNER_DIR", value_name = "DIR")]
    runner_dir: Option<PathBuf>,
    /// Folder that keeps compiled plugins; what lies there is run as it is [default: one of its own]
    #[arg(long, env = "TIDEGATE_ARTEFACT_DIR", value_name = "DIR")]
    artefact_dir: Option<PathBuf>,
    /// File with certificate authorities (PEM) that requests of plugins trust beside the system's; can be repeated
    #[arg(long, env = "TIDEGATE_PLUGIN_TLS_CA", value_name = "FILE")]
    plugin_tls_ca: Vec<PathBuf>,
    /// File with secrets for triggers, as NAME=VALUE lines, that nobody else can read
    #[arg(long, env = "TIDEGATE_SECRETS_FILE", value_name = "FILE")]
    secrets_file: Option<PathBuf>,
}

/// A runtime, and whether it can run source files.
#[derive(Debug)]
pub(crate) struct Sandbox {
    pub(crate) runtime: Runtime,
    pub(crate) runners: Runners,
}

/// Which runners were found.
#[derive(Debug, Clone)]
pub(crate) struct Runners {
    python: PathBuf,
    found: bool,
}

impl SandboxPlaces {
    /// Makes a runtime over `database` that keeps compiled plugins in
    /// `artefacts`, unless another folder was named.
    ///
    /// # Errors
    /// If a runner cannot be read, or the runtime does not start.
    pub(crate) fn open(&self, database: Arc<dyn Database>, artefacts: &Path) -> anyhow::Result<Sandbox> {
        let python = self.runner_folder().join("python.wasm");
        let artefacts = self.artefact_dir.as_deref().unwrap_or(artefacts);
        let mut builder = Runtime::builder(database).with_artefacts(artefacts);
        for authorities in &self.plugin_tls_ca {
            let pem = fs::read(authorities).with_context(|| {
                format!("certificate authorities cannot be read; see --plugin-tls-ca. path=`{}`", authorities.display())
            })?;
            builder = builder.with_http_roots(pem);
        }
        let found = match fs::read(&python) {
            Ok(component) => {
                builder = builder.with_runner(Language::Python, component);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
            Err(error) => anyhow::bail!("the runner cannot be read: {error}. path=`{}`", python.display()),
        };
        Ok(Sandbox { runtime: builder.build()?, runners: Runners { python, found } })
    }

    /// The secrets that triggers can be granted.
    ///
    /// # Errors
    /// If they cannot be read, or others can read them.
    pub(crate) fn secrets(&self) -> anyhow::Result<Secrets> {
        self.secrets_file.as_deref().map_or_else(|| Ok(Secrets::default()), Secrets::read)
    }

    fn runner_folder(&self) -> PathBuf {
        let beside_program = || std::env::current_exe().ok()?.parent().map(|folder| folder.join("runners"));
        self.runner_dir.clone().or_else(beside_program).unwrap_or_else(|| "runners".into())
    }
}

#[cfg(test)]
impl Sandbox {
    /// One that can run components only.
    pub(crate) fn without_runners(database: Arc<dyn Database>) -> Self {
        let runners = Runners { python: PathBuf::new(), found: false };
        Self { runtime: Runtime::builder(database).build().unwrap(), runners }
    }
}

impl Runners {
    /// Tells the operator early.
    pub(crate) fn warn_if_missing(&self) {
        if !self.found {
            let looked = self.python.display();
            tracing::warn!(%looked, "there is no Python runner: .py plugins cannot be loaded; see --runner-dir");
        }
    }

    /// Says what is missing if the plugin at `path` needs a runner that is not
    /// there.
    pub(crate) fn missing_for(&self, path: &Path) -> Option<String> {
        let is_component = path.extension().is_some_and(|extension| extension == "wasm");
        (!is_component && !self.found).then(|| {
            format!(
                "the Python runner is not there; `make build` builds it and puts it beside the server, and --runner-dir \
                 names another folder. looked=`{}`",
                self.python.display()
            )
        })
    }
}

/// Where compiled plugins and runners are kept from one command to the next.
pub(crate) fn artefacts() -> PathBuf {
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    cache.unwrap_or_else(std::env::temp_dir).join("tidegate/artefacts")
}
