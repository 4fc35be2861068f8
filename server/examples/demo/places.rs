//! Where the demo finds what it needs, and the folder that it works in.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::TempDir;

/// Where the demo finds what it needs.
#[derive(Debug)]
pub(crate) struct Places {
    pub(crate) program: PathBuf,
    pub(crate) runners: PathBuf,
    pub(crate) artefacts: PathBuf,
    /// Removed when the demo ends.
    folder: TempDir,
}

impl Places {
    /// Looks where the environment says, and puts the plugins into a folder.
    pub(crate) fn from_environment() -> anyhow::Result<Self> {
        let place = |name: &str| {
            std::env::var_os(name)
                .map(PathBuf::from)
                .with_context(|| format!("{name} is not set; start the demo with `make demo`"))
        };
        let (plugins, guests) = (place("TIDEGATE_PLUGINS")?, place("TIDEGATE_GUESTS")?);
        let places = Self {
            program: place("TIDEGATE_SERVER")?,
            runners: guests.join("runners"),
            artefacts: place("TIDEGATE_ARTEFACTS")?,
            folder: tempfile::Builder::new().prefix("tidegate-demo-").tempdir()?,
        };
        fs::create_dir(places.plugins())?;
        for source in [
            plugins.join("downsample/downsample.py"),
            plugins.join("host-summary/host_summary.py"),
            guests.join("threshold_alert.wasm"),
            guests.join("rate_of_change.wasm"),
        ] {
            let name = source.file_name().context("a plugin without a name")?;
            fs::copy(&source, places.plugins().join(name))
                .with_context(|| format!("{} is not there; `make demo` builds it", source.display()))?;
        }
        Ok(places)
    }

    pub(crate) fn plugins(&self) -> PathBuf {
        self.folder().join("plugins")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder().join("data")
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}
