//! A plugin that is checked, compiled and linked, ready to be instantiated.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::{Component, Instance, InstancePre};
use wasmtime::{Engine, Store};

use super::engine::Sandbox;
use super::store::RunState;
use crate::bindings::{self, Entries, EntryPoints};
use crate::error::{Error, ErrorKind};
use crate::host;
use crate::model::{Failure, FileTree};

/// A plugin that can run. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Code {
    pub(super) instance: InstancePre<RunState>,
    pub(super) points: EntryPoints,
    /// For a plugin that runs in a runner.
    pub(super) source: Option<Arc<CompiledSource>>,
    /// Tells it from any other code of this process.
    pub(super) number: u64,
    /// What loading it takes, if it brings packages.
    pub(super) load_fuel: u64,
    /// What its largest memory has to begin with.
    pub(super) least_memory: usize,
}

/// A number that no other code has.
pub(super) fn next_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed)
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Code").field("entries", &self.entries()).finish_non_exhaustive()
    }
}

/// What a runner made of source files.
#[derive(Debug)]
pub(super) struct CompiledSource {
    pub(super) code: Vec<u8>,
    pub(super) entries: Entries,
    /// What the plugin sees of its files.
    pub(super) files: Arc<FileTree>,
}

impl Code {
    /// The kinds of events that the plugin can take.
    pub(crate) fn entries(&self) -> Entries {
        self.source.as_ref().map_or_else(|| self.points.entries(), |source| source.entries)
    }

    /// What a run of it sees of files.
    pub(super) fn files(&self) -> Arc<FileTree> {
        self.source.as_ref().map(|source| Arc::clone(&source.files)).unwrap_or_default()
    }

    /// Whether it runs source files, and is no plugin by itself.
    pub(crate) fn is_runner(&self) -> bool {
        self.points.is_runner() && self.source.is_none()
    }

    /// Makes an instance that is ready to be called.
    ///
    /// # Errors
    /// The outer one is a trap, the inner one a failure of the plugin's own top
    /// level.
    pub(super) async fn start(&self, store: &mut Store<RunState>) -> wasmtime::Result<Result<Instance, Failure>> {
        let instance = self.instance.instantiate_async(&mut *store).await?;
        let Some(source) = &self.source else { return Ok(Ok(instance)) };
        let environment = store.data().host.variables().to_vec();
        let loaded = self.points.load_code(store, &instance, (&source.code, &environment)).await?;
        Ok(loaded.map(|()| instance))
    }

    /// The same code, of which is known what loading it takes.
    pub(crate) fn with_load_fuel(self, load_fuel: u64) -> Self {
        Self { load_fuel, ..self }
    }

    /// What loading it takes, if it brings packages; else nothing is known.
    pub(crate) fn load_fuel(&self) -> u64 {
        self.load_fuel
    }

    /// What its largest memory has to begin with, in bytes.
    pub(crate) fn least_memory(&self) -> usize {
        self.least_memory
    }

    /// Whether an interpreter comes along with it.
    pub(crate) fn is_interpreted(&self) -> bool {
        self.source.is_some()
    }
}

impl Sandbox {
    /// Checks a component and makes it ready to run. Nothing of it runs.
    ///
    /// Slow if it was never compiled before: not for a thread that others wait
    /// for.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPlugin`] says what the component's author must mend.
    pub(crate) fn prepare(&self, bytes: &[u8]) -> Result<Code, Error> {
        check_header(bytes)?;
        let component = self.artefacts.component(&self.engine, bytes).map_err(|error| {
            let reason = error.root_cause().to_string();
            invalid(format!(
                "cannot be compiled: it is damaged, truncated, needs what is switched off, or more than a run may have. reason=`{reason}`"
            ))
            .with_source(error)
        })?;
        check_imports(&self.engine, &component)?;
        if let Some(export) = bindings::misfit(&component) {
            return Err(invalid(format!(
                "an entry point has another signature; build against wit/ 0.1.0. export=`{export}`"
            )));
        }
        let instance = self.linker.instantiate_pre(&component).map_err(|error| {
            let reason = error.root_cause().to_string();
            invalid(format!("an import differs from what is offered; build against wit/ 0.1.0. reason=`{reason}`"))
                .with_source(error)
        })?;
        let points = EntryPoints::of(&instance);
        if points.entries() == Entries::default() {
            let exports: Vec<_> =
                component.component_type().exports(&self.engine).map(|(name, _)| name.to_owned()).collect();
            return Err(invalid(format!(
                "has no entry point; export tidegate:plugin/on-write@0.1.0, on-schedule or on-request. exports=`{}`",
                exports.join(", ")
            )));
        }
        let least_memory = least_memory(&component);
        Ok(Code { instance, points, source: None, number: next_number(), load_fuel: 0, least_memory })
    }
}

fn least_memory(component: &Component) -> usize {
    const PAGE: u64 = 64 << 10;
    let pages = component.resources_required().and_then(|needed| needed.max_initial_memory_size).unwrap_or(0);
    usize::try_from(pages.saturating_mul(PAGE)).unwrap_or(usize::MAX)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPlugin, message)
}

/// The first bytes of every WebAssembly binary.
const MAGIC: &[u8] = b"\0asm";
/// What follows in a component, and in a core module.
const COMPONENT: &[u8] = &[0x0d, 0x00, 0x01, 0x00];
const CORE_MODULE: &[u8] = &[0x01, 0x00, 0x00, 0x00];

fn check_header(bytes: &[u8]) -> Result<(), Error> {
    let Some(version) = bytes.strip_prefix(MAGIC).and_then(|rest| rest.get(..4)) else {
        let length = bytes.len();
        return Err(invalid(format!("is no WebAssembly: it does not begin like one. bytes=`{length}`")));
    };
    match version {
        COMPONENT => Ok(()),
        CORE_MODULE => Err(invalid(
            "is a core module, not a component; build it for wasm32-wasip2, or wrap it with `wasm-tools component new`",
        )),
        other => Err(invalid(format!("is WebAssembly of a version that is not known. version=`{other:02x?}`"))),
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), Error> {
    let ty = component.component_type();
    let refused: Vec<_> = ty.imports(engine).map(|(name, _)| name).filter(|name| !is_offered(name)).collect();
    if refused.is_empty() {
        return Ok(());
    }
    Err(invalid(format!(
        "imports what is not offered; a plugin may import tidegate:plugin@0.1.0 and wasi:*@0.2 without http. import=`{}`",
        refused.join(", ")
    )))
}

/// Whether a guest may import `name`: `package:name/interface@version`.
fn is_offered(name: &str) -> bool {
    let Some((path, version)) = name.split_once('@') else {
        return false;
    };
    let Some((package, interface)) = path.split_once('/') else {
        return false;
    };
    match package.split_once(':') {
        Some(("tidegate", "plugin")) => version == "0.1.0" && host::OFFERED.contains(&interface),
        Some(("wasi", package)) => version.starts_with("0.2.") && host::OFFERED_WASI.contains(&package),
        Some(_) | None => false,
    }
}
