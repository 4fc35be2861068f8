//! Where the guests are that `make guests` has built.

use std::path::{Path, PathBuf};

use tidegate::{Language, PluginSource};

/// A plugin to be tested.
#[derive(Debug, Clone)]
pub enum Guest {
    /// A component that `make guests` builds, by its file's name.
    Component(&'static str),
    /// A Python file, as it stands.
    Python(String),
    /// Something under `plugins/`.
    Plugin(&'static str),
}

impl Guest {
    /// The plugin that misbehaves on purpose.
    pub const EVIL: Self = Self::Component("evil.wasm");

    /// What the runtime loads.
    #[must_use]
    pub fn source(&self) -> PluginSource {
        match self {
            Self::Component(name) => PluginSource::Path(built(name)),
            Self::Python(code) => {
                let files = vec![("hello.py".to_owned(), code.clone().into_bytes())];
                PluginSource::Files(Language::Python, files.into())
            }
            Self::Plugin(path) => PluginSource::Path(plugins().join(path)),
        }
    }
}

/// The runner for Python.
#[must_use]
pub fn python_runner() -> Vec<u8> {
    std::fs::read(built("runners/python.wasm")).unwrap()
}

/// What all checkouts on this machine share: guests, and compiled components.
#[must_use]
pub fn cache_directory() -> PathBuf {
    match std::env::var_os("TIDEGATE_CACHE") {
        Some(directory) => directory.into(),
        None => Path::new(&std::env::var_os("HOME").expect("HOME is set")).join(".cache/tidegate"),
    }
}

fn built(name: &str) -> PathBuf {
    let path = cache_directory().join("guests").join(name);
    assert!(path.exists(), "{} is missing: run `make guests` first", path.display());
    path
}

fn plugins() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins")
}
