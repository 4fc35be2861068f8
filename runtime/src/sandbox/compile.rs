//! Compiles components, once each: the machine code is kept on disk.

use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::Engine;
use wasmtime::component::Component;

/// Where compiled components are kept, if anywhere.
#[derive(Debug, Clone, Default)]
pub(crate) struct Artefacts {
    directory: Option<PathBuf>,
}

impl Artefacts {
    /// Keeps them in `directory`, which only this user may write to: what lies
    /// there is run as it is.
    ///
    /// # Errors
    /// If the directory cannot be made, or made private.
    pub(crate) fn in_directory(directory: &Path) -> io::Result<Self> {
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        Ok(Self { directory: Some(directory.to_owned()) })
    }

    /// Compiles a component, or finds it compiled.
    ///
    /// Slow: not for a thread that others wait for.
    ///
    /// # Errors
    /// If the bytes are not a valid component.
    pub(crate) fn component(&self, engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Component> {
        let Some(directory) = &self.directory else {
            return Component::from_binary(engine, bytes);
        };
        let path = directory.join(key(engine, bytes));
        if let Some(component) = load(engine, &path) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)?;
        if let Err(error) = keep(&component, &path) {
            // It works without; the next start is slower.
            tracing::warn!(%error, path = %path.display(), "cannot keep a compiled component");
        }
        Ok(component)
    }
}

/// The name under which machine code is kept: by what it was made from, and by
/// what engine.
fn key(engine: &Engine, bytes: &[u8]) -> String {
    let mut hasher = KeyHasher(blake3::Hasher::new());
    hasher.0.update(bytes);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{}.cwasm", hasher.0.finalize().to_hex())
}

struct KeyHasher(blake3::Hasher);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let mut first = [0; 8];
        self.0.finalize_xof().fill(&mut first);
        u64::from_le_bytes(first)
    }
}

fn load(engine: &Engine, path: &Path) -> Option<Component> {
    if !path.exists() {
        return None;
    }
    // SAFETY: the file was written by `keep`, under a name that holds the hashes
    // of its source and of this engine, into a directory that only this user can
    // write to; it is renamed into place whole and never changed afterwards.
    #[allow(unsafe_code, reason = "machine code can only be mapped on trust; see SAFETY")]
    let component = unsafe { Component::deserialize_file(engine, path) };
    component.inspect_err(|error| tracing::warn!(%error, path = %path.display(), "compiles again")).ok()
}

fn keep(component: &Component, path: &Path) -> wasmtime::Result<()> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    // A file of its own, even if others keep the same component just now, and
    // renamed in, so that nobody ever maps half of one.
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let unfinished = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    File::create_new(&unfinished)?.write_all(&component.serialize()?)?;
    fs::rename(&unfinished, path)?;
    Ok(())
}
