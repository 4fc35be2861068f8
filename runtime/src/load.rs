//! Makes plugins out of what they come as.

use std::sync::{Arc, PoisonError};

use tokio::sync::OnceCell;

use crate::dispatch::PluginSlot;
use crate::error::{Error, ErrorKind};
use crate::model::{Ending, Limits, Outcome, TenantId};
use crate::runtime::{Plugin, Runtime, check_entry_point};
use crate::sandbox::Code;
use crate::source::{Language, Loaded, PluginSource};

/// The most that is granted on top of a run's fuel so that it can load its plugin.
const MAX_LOAD_FUEL: u64 = 5_000_000_000;

/// The largest component that is accepted: compiling it takes a hundred times as
/// much memory.
const MAX_COMPONENT_BYTES: usize = 64 << 20;

/// A component that runs source files, compiled when it is first needed.
pub(crate) struct Runner {
    pub(crate) component: Vec<u8>,
    pub(crate) code: OnceCell<Code>,
}

impl Runtime {
    /// Compiles and checks a plugin, and makes it available under `name`.
    ///
    /// Loading a name again replaces the plugin: runs that have begun finish
    /// with the old code, later ones use the new.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPlugin`] if it cannot be compiled, imports something
    /// that is not offered, or has no entry point; [`ErrorKind::InvalidTrigger`] if
    /// it replaces a plugin and lacks what a trigger of that needs;
    /// [`ErrorKind::NotFound`] if there is no such file.
    pub async fn load(&self, name: &str, source: impl Into<PluginSource>) -> Result<Plugin, Error> {
        self.load_for(&TenantId::default_tenant(), name, source).await
    }

    /// As [`load`](Self::load), at the cost of a tenant.
    ///
    /// # Errors
    /// As of [`load`](Self::load), and [`ErrorKind::Overloaded`] if the tenant has
    /// used up its quotas.
    pub async fn load_for(
        &self,
        tenant: &TenantId,
        name: &str,
        source: impl Into<PluginSource>,
    ) -> Result<Plugin, Error> {
        let source = source.into();
        let code = match self.blocking(move || source.read()).await? {
            Loaded::Component(bytes) => self.prepare_for(tenant, bytes).await?,
            Loaded::Files(language, files) => {
                let runner = self.runner(language).await?;
                let limits = Limits::default();
                let limits = Limits { memory_bytes: limits.runner_memory_bytes, ..limits };
                let (sandbox, imports) = (&self.0.dispatch.sandbox, !files.packages.is_empty());
                let code = sandbox.compile_source(runner, files, (tenant, limits.clone())).await?;
                let load_fuel = if imports { self.load_fuel(&code, (tenant, limits)).await? } else { 0 };
                code.with_load_fuel(load_fuel)
            }
        };
        if code.is_runner() {
            return Err(Error::new(
                ErrorKind::InvalidPlugin,
                "is a runner; give it to the builder, and load source files",
            ));
        }
        let mut plugins = self.0.plugins.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = plugins.get(name) {
            // Triggers that run it already must be able to go on.
            for active in self.0.dispatch.registry.all().iter().filter(|active| Arc::ptr_eq(&active.plugin, slot)) {
                check_entry_point(&active.trigger.spec, code.entries(), name)?;
            }
            slot.replace(code);
            return Ok(Plugin(Arc::clone(slot)));
        }
        let slot = Arc::new(PluginSlot::new(name, code));
        plugins.insert(name.to_owned(), Arc::clone(&slot));
        Ok(Plugin(slot))
    }

    /// Loads a plugin into an instance of its own, as each run does first, and
    /// says how that went and what it cost. No data is in reach, and no entry
    /// point is called.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] or [`ErrorKind::Internal`]. That the plugin cannot
    /// be loaded is no error but an [`Ending`](crate::Ending).
    pub async fn try_out(&self, plugin: &Plugin) -> Result<Outcome, Error> {
        let tenant = TenantId::default_tenant();
        let code = plugin.0.code();
        let limits = Limits::default();
        let memory_bytes = if code.is_interpreted() { limits.runner_memory_bytes } else { limits.memory_bytes };
        self.0.dispatch.sandbox.try_out(code, (&tenant, Limits { memory_bytes, ..limits })).await
    }

    /// What loading `code` takes; nothing if it does not succeed without data.
    async fn load_fuel(&self, code: &Code, of: (&TenantId, Limits)) -> Result<u64, Error> {
        let outcome = self.0.dispatch.sandbox.try_out(code.clone(), of).await?;
        let loads = outcome.ending == Ending::Succeeded;
        Ok(if loads { outcome.usage.fuel.min(MAX_LOAD_FUEL) } else { 0 })
    }

    /// Compiles a component when it is its tenant's turn, and bills the tenant for
    /// that.
    async fn prepare_for(&self, tenant: &TenantId, component: Vec<u8>) -> Result<Code, Error> {
        check_size(component.len())?;
        let sandbox = Arc::clone(&self.0.dispatch.sandbox);
        let turn = sandbox.turn_to_compile(tenant).await?;
        self.blocking(move || turn.use_for(|| sandbox.prepare(&component))).await
    }

    async fn runner(&self, language: Language) -> Result<Code, Error> {
        let Some(runner) = self.0.runners.get(&language) else {
            let message =
                format!("there is no runner for this language; give one to the builder. language=`{language:?}`");
            return Err(Error::new(ErrorKind::InvalidPlugin, message));
        };
        let prepare = || {
            let (sandbox, component) = (Arc::clone(&self.0.dispatch.sandbox), runner.component.clone());
            self.blocking(move || sandbox.prepare(&component))
        };
        let code = runner.code.get_or_try_init(prepare).await?;
        if !code.is_runner() {
            return Err(Error::new(
                ErrorKind::InvalidCall,
                format!("the component given as runner is none. language=`{language:?}`"),
            ));
        }
        Ok(code.clone())
    }

    /// Does what is slow where nobody waits for the thread.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let done = self.0.dispatch.services.tasks.spawn_blocking(work).await;
        done.map_err(|error| Error::new(ErrorKind::Internal, "loading a plugin was given up").with_source(error))?
    }
}

/// Refuses what is too large to be looked at.
fn check_size(bytes: usize) -> Result<(), Error> {
    if bytes <= MAX_COMPONENT_BYTES {
        return Ok(());
    }
    let message = format!(
        "the component is too large; build it without debug information, and for size. bytes=`{bytes}` \
         allowed_bytes=`{MAX_COMPONENT_BYTES}`"
    );
    Err(Error::new(ErrorKind::InvalidPlugin, message))
}
