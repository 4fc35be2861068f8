//! Which triggers there are: those that run, and the catalog that keeps them.

mod definition;
mod error;
mod ownership;
mod restore;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{
    DatabaseId, ErrorKind, Event, Outcome, Plugin, Quota, Runtime, TenantId, Trigger, TriggerId, TriggerState,
    TriggerStatus,
};
use tidegate_database::EmbeddedDatabase;

use crate::caller::Caller;
use crate::catalog::{Catalog, Content, NotKept};
use crate::grants::Granting;
use crate::plugin_log::PluginLog;
use crate::plugins::Plugins;
use crate::quotas::Allowances;
pub(crate) use definition::{Behavior, Definition};
pub(crate) use error::{TriggerError, kind};

/// Which triggers there are.
#[derive(Debug)]
pub(crate) struct Triggers {
    pub(crate) parts: Parts,
    /// Those that could not be started, and why.
    waiting: Mutex<BTreeMap<TriggerId, String>>,
    /// Held while a trigger is changed: runtime and catalog follow each other.
    changing: tokio::sync::Mutex<()>,
}

/// What triggers are made from.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) runtime: Runtime,
    pub(crate) database: Arc<EmbeddedDatabase>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) allowances: Arc<Allowances>,
    pub(crate) granting: Arc<Granting>,
    pub(crate) log: Arc<PluginLog>,
    /// The only kinds of triggers that may be created, by their names; all if
    /// there are none.
    pub(crate) allowed_kinds: Vec<&'static str>,
}

/// What becomes of a trigger that is deleted while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhileRunning {
    /// It stays.
    Refuse,
    /// It is stopped.
    Stop,
}

impl Triggers {
    /// None yet: see [`restore`](Self::restore).
    pub(crate) fn new(parts: Parts) -> Self {
        Self { parts, waiting: Mutex::default(), changing: tokio::sync::Mutex::default() }
    }

    /// Creates a trigger, with its plugin loaded and checked.
    ///
    /// # Errors
    /// If its database is not there, its plugin cannot be used, its name or
    /// request path is taken, or it would reach more than its creator.
    pub(crate) async fn create(
        &self,
        creator: &Caller,
        id: TriggerId,
        mut definition: Definition,
    ) -> Result<(), TriggerError> {
        definition.creator = creator.as_creator();
        definition.may_be_of(creator, &id)?;
        self.require(&id.database)?;
        // Before its turn: a plugin may take long to compile.
        let (trigger, plugin) = self.checked(&id, &definition).await?;
        let _turn = self.changing.lock().await;
        self.require(&id.database)?;
        if self.definition(&id).is_some() {
            return Err(TriggerError::Exists(id.name));
        }
        let owned = self.defined(id.tenant()).len();
        self.parts.allowances.one_more(id.tenant(), Quota::Triggers, owned)?;
        self.parts.runtime.create_trigger_disabled(trigger, &plugin).await?;
        // Before it runs for the first time: nothing that it says is lost.
        self.parts.log.follow(id.clone());
        let disabled = definition.disabled;
        if let Err(error) = self.keep(&id, Some(definition)).await {
            self.parts.runtime.remove_trigger(&id).await?;
            self.parts.log.forget(&id);
            return Err(error.into());
        }
        if !disabled {
            self.parts.runtime.enable_trigger(&id)?;
        }
        Ok(())
    }

    /// Changes the definition of a trigger in place.
    ///
    /// # Errors
    /// As of [`create`](Self::create). It goes on as it was then.
    pub(crate) async fn update(
        &self,
        caller: &Caller,
        id: &TriggerId,
        changes: serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), TriggerError> {
        let (old, new, (trigger, plugin), _turn) = loop {
            let old = self.find(id)?;
            let mut new = old.with(changes.clone()).map_err(TriggerError::Invalid)?;
            // It is the caller's work from now on; an administrator widens nothing by it.
            new.creator = caller.as_creator().or(new.creator);
            new.may_be_of(caller, id)?;
            // Before its turn: a plugin may take long to compile.
            let checked = self.checked(id, &new).await?;
            let turn = self.changing.lock().await;
            // Somebody else may have changed it meanwhile.
            if self.find(id)? == old {
                break (old, new, checked, turn);
            }
        };
        if self.lock().contains_key(id) {
            self.begin(id, &new, (trigger, &plugin)).await?;
            self.lock().remove(id);
            return Ok(self.keep(id, Some(new)).await?);
        }
        self.parts.runtime.update_trigger(trigger, &plugin).await?;
        let Err(error) = self.keep(id, Some(new)).await else { return Ok(()) };
        let (trigger, plugin) = self.checked(id, &old).await?;
        self.parts.runtime.update_trigger(trigger, &plugin).await?;
        Err(error.into())
    }

    /// Checks a definition, and loads its plugin.
    async fn checked(&self, id: &TriggerId, definition: &Definition) -> Result<(Trigger, Plugin), TriggerError> {
        let trigger = definition.trigger(id.clone(), &self.parts.granting).map_err(TriggerError::Invalid)?;
        let kind = kind(&trigger.spec);
        if !self.parts.allowed_kinds.is_empty() && !self.parts.allowed_kinds.contains(&kind) {
            return Err(TriggerError::Restricted(kind));
        }
        let plugin = self.parts.plugins.load(id.tenant(), &definition.plugin_filename).await?;
        Ok((trigger, plugin))
    }

    /// Deletes a trigger with all that it remembers.
    ///
    /// # Errors
    /// If there is none, or it runs and is not to be stopped.
    pub(crate) async fn delete(&self, id: &TriggerId, while_running: WhileRunning) -> Result<(), TriggerError> {
        let _turn = self.changing.lock().await;
        let definition = self.find(id)?;
        let is_enabled = self.status(id).is_none_or(|status| status.state == TriggerState::Enabled);
        if is_enabled && !definition.disabled && while_running == WhileRunning::Refuse {
            return Err(TriggerError::Running(id.name.clone()));
        }
        // First: what is still known can be deleted again.
        self.keep(id, None).await?;
        self.end(id).await
    }

    /// Deletes a database with all its triggers.
    ///
    /// # Errors
    /// If that cannot be kept.
    pub(crate) async fn delete_database(&self, database: &DatabaseId) -> Result<(), TriggerError> {
        let _turn = self.changing.lock().await;
        let forget = |content: &mut Content| {
            content.tenant_mut(database.tenant.as_str()).databases.remove(database.name.as_str());
        };
        self.parts.catalog.change(forget).await?;
        let running = self.parts.runtime.triggers(&database.tenant).into_iter().map(|status| status.trigger.id);
        let waiting: Vec<_> = self.lock().keys().cloned().collect();
        for id in running.chain(waiting).filter(|id| id.database == *database) {
            self.end(&id).await?;
        }
        // It may be gone already.
        let _ = self.parts.database.delete_database(database);
        Ok(())
    }

    /// Ends a trigger that is in the catalog no more.
    async fn end(&self, id: &TriggerId) -> Result<(), TriggerError> {
        if self.lock().remove(id).is_none() {
            match self.parts.runtime.remove_trigger(id).await {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
                Ok(()) | Err(_) => {}
            }
        }
        self.parts.log.forget(id);
        Ok(())
    }

    /// Lets a trigger run.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn enable(&self, id: &TriggerId) -> Result<(), TriggerError> {
        let _turn = self.changing.lock().await;
        self.find(id)?;
        self.redefine(id, |definition| (definition.disabled, definition.failed) = (false, None)).await?;
        if !self.lock().contains_key(id) {
            self.parts.runtime.enable_trigger(id)?;
        }
        Ok(())
    }

    /// Stops a trigger.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) async fn disable(&self, id: &TriggerId) -> Result<(), TriggerError> {
        let _turn = self.changing.lock().await;
        self.find(id)?;
        // First: it must not run on because a disk is full.
        if !self.lock().contains_key(id) {
            self.parts.runtime.disable_trigger(id)?;
        }
        Ok(self.redefine(id, |definition| definition.disabled = true).await?)
    }

    /// Runs a trigger now.
    ///
    /// # Errors
    /// If there is none, or it is disabled or waits for something else.
    pub(crate) async fn run_now(&self, id: &TriggerId, event: Event) -> Result<Outcome, TriggerError> {
        self.find(id)?;
        Ok(self.parts.runtime.run_now(id, event).await?)
    }

    /// Waits until nobody changes triggers or what they belong to, and keeps others
    /// from it.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    /// The triggers of a database and how they fare, by name.
    ///
    /// # Errors
    /// If there is no such database.
    pub(crate) fn list(&self, database: &DatabaseId) -> Result<Vec<TriggerStatus>, TriggerError> {
        self.require(database)?;
        let mut triggers = self.parts.runtime.triggers(&database.tenant);
        triggers.retain(|status| &status.trigger.id.database == database);
        Ok(triggers)
    }

    /// The triggers of a tenant and how they fare, by database and name.
    pub(crate) fn list_all(&self, tenant: &TenantId) -> Vec<TriggerStatus> {
        self.parts.runtime.triggers(tenant)
    }

    /// The triggers of a tenant that could not be started, and why.
    pub(crate) fn not_started(&self, tenant: &TenantId) -> Vec<(TriggerId, Definition, String)> {
        let waiting = self.lock().clone();
        let of_tenant = waiting.into_iter().filter(|(id, _)| id.tenant() == tenant);
        of_tenant.filter_map(|(id, reason)| Some((id.clone(), self.definition(&id)?, reason))).collect()
    }

    /// The triggers of all tenants that could be started, and how they fare.
    pub(crate) fn of_all_tenants(&self) -> Vec<TriggerStatus> {
        let content = self.parts.catalog.now();
        content
            .tenants
            .keys()
            .filter_map(|name| TenantId::new(name).ok())
            .flat_map(|tenant| self.list_all(&tenant))
            .collect()
    }

    /// How a trigger fares; nothing if it could not be started.
    pub(crate) fn status(&self, id: &TriggerId) -> Option<TriggerStatus> {
        self.parts.runtime.triggers(id.tenant()).into_iter().find(|status| &status.trigger.id == id)
    }

    /// How a trigger is defined.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn find(&self, id: &TriggerId) -> Result<Definition, TriggerError> {
        self.require(&id.database)?;
        self.definition(id).ok_or_else(|| TriggerError::NoTrigger(id.name.clone()))
    }

    /// How a trigger is defined; nothing if there is none.
    pub(crate) fn definition(&self, id: &TriggerId) -> Option<Definition> {
        self.parts.catalog.now().database(&id.database)?.triggers.get(id.name.as_str()).cloned()
    }

    async fn keep(&self, id: &TriggerId, definition: Option<Definition>) -> Result<(), NotKept> {
        let change = |content: &mut Content| {
            let triggers = &mut content.database_mut(&id.database).triggers;
            match definition {
                Some(definition) => triggers.insert(id.name.to_string(), definition),
                None => triggers.remove(id.name.as_str()),
            };
        };
        self.parts.catalog.change(change).await
    }

    async fn redefine(&self, id: &TriggerId, change: impl FnOnce(&mut Definition)) -> Result<(), NotKept> {
        let change = |content: &mut Content| {
            if let Some(definition) = content.database_mut(&id.database).triggers.get_mut(id.name.as_str()) {
                change(definition);
            }
        };
        self.parts.catalog.change(change).await
    }

    fn require(&self, database: &DatabaseId) -> Result<(), TriggerError> {
        if self.parts.database.has_database(database) {
            return Ok(());
        }
        Err(TriggerError::NoDatabase(database.name.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<TriggerId, String>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
