//! Which triggers there are. In memory for now: a durable catalog takes this
//! file's place and nobody else's.

use std::fmt;
use std::sync::Arc;

use tidegate::{
    DatabaseId, DatabaseName, Runtime, TenantId, Trigger, TriggerId, TriggerName, TriggerState, TriggerStatus,
};
use tidegate_database::EmbeddedDatabase;

use crate::plugin_log::PluginLog;
use crate::plugins::{PluginError, Plugins};

/// Which triggers there are.
#[derive(Debug)]
pub(crate) struct Triggers {
    pub(crate) runtime: Runtime,
    pub(crate) database: Arc<EmbeddedDatabase>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) log: Arc<PluginLog>,
}

/// What somebody wants to be created.
#[derive(Debug)]
pub(crate) struct NewTrigger {
    pub(crate) trigger: Trigger,
    /// The file of its plugin in the plugin directory.
    pub(crate) plugin: String,
    pub(crate) begins: Begins,
}

/// Whether a trigger runs as soon as it is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begins {
    /// It does.
    Enabled,
    /// It waits until it is enabled.
    Disabled,
}

/// What becomes of a trigger that is deleted while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhileRunning {
    /// It stays.
    Refuse,
    /// It is stopped.
    Stop,
}

/// Why triggers are not as somebody wants them.
#[derive(Debug)]
pub(crate) enum TriggerError {
    /// There is no such database.
    NoDatabase(DatabaseName),
    /// There is no such trigger.
    NoTrigger(TriggerName),
    /// It runs, and was not to be stopped.
    Running(TriggerName),
    /// Its plugin cannot be used.
    Plugin(PluginError),
    /// The runtime refuses it.
    Runtime(tidegate::Error),
}

// InfluxDB 3's texts.
impl fmt::Display for TriggerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDatabase(name) => {
                write!(f, "Database not found {name}; create it with `tidegate create database {name}`")
            }
            Self::NoTrigger(name) => write!(f, "the requested resource was not found: {name}"),
            Self::Running(name) => {
                write!(f, "Cannot delete running plugin {name}. Disable it first or use --force.")
            }
            Self::Plugin(error) => fmt::Display::fmt(error, f),
            Self::Runtime(error) => fmt::Display::fmt(error, f),
        }
    }
}

impl Triggers {
    /// Creates a trigger, with its plugin loaded and checked.
    ///
    /// # Errors
    /// If its database is not there, its plugin cannot be used, or its name or
    /// request path is taken.
    pub(crate) async fn create(&self, new: NewTrigger) -> Result<(), TriggerError> {
        let id = new.trigger.id.clone();
        self.require(&id.database)?;
        let plugin = self.plugins.load(id.tenant(), &new.plugin).await.map_err(TriggerError::Plugin)?;
        // Before it runs for the first time: nothing that it says is lost.
        self.log.follow(id.clone());
        let created = match new.begins {
            Begins::Enabled => self.runtime.create_trigger(new.trigger, &plugin).await,
            Begins::Disabled => self.runtime.create_trigger_disabled(new.trigger, &plugin).await,
        };
        if created.is_err() && self.status(&id).is_none() {
            self.log.forget(&id);
        }
        created.map(|_| ()).map_err(TriggerError::Runtime)
    }

    /// Deletes a trigger with all that it remembers.
    ///
    /// # Errors
    /// If there is none, or it runs and is not to be stopped.
    pub(crate) async fn delete(&self, id: &TriggerId, while_running: WhileRunning) -> Result<(), TriggerError> {
        let status = self.find(id)?;
        if status.state == TriggerState::Enabled && while_running == WhileRunning::Refuse {
            return Err(TriggerError::Running(id.name.clone()));
        }
        self.runtime.remove_trigger(id).await.map_err(TriggerError::Runtime)?;
        self.log.forget(id);
        Ok(())
    }

    /// Deletes all triggers of a database.
    ///
    /// # Errors
    /// As of [`delete`](Self::delete).
    pub(crate) async fn delete_all(&self, database: &DatabaseId) -> Result<(), TriggerError> {
        for status in self.of(database) {
            self.delete(&status.trigger.id, WhileRunning::Stop).await?;
        }
        Ok(())
    }

    /// Lets a trigger run.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn enable(&self, id: &TriggerId) -> Result<(), TriggerError> {
        self.find(id)?;
        self.runtime.enable_trigger(id).map_err(TriggerError::Runtime)
    }

    /// Stops a trigger.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn disable(&self, id: &TriggerId) -> Result<(), TriggerError> {
        self.find(id)?;
        self.runtime.disable_trigger(id).map_err(TriggerError::Runtime)
    }

    /// The triggers of a database and how they fare, by name.
    ///
    /// # Errors
    /// If there is no such database.
    pub(crate) fn list(&self, database: &DatabaseId) -> Result<Vec<TriggerStatus>, TriggerError> {
        self.require(database)?;
        Ok(self.of(database))
    }

    /// The triggers of a tenant and how they fare, by database and name.
    pub(crate) fn list_all(&self, tenant: &TenantId) -> Vec<TriggerStatus> {
        self.runtime.triggers(tenant)
    }

    /// How a trigger fares.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn find(&self, id: &TriggerId) -> Result<TriggerStatus, TriggerError> {
        self.require(&id.database)?;
        self.status(id).ok_or_else(|| TriggerError::NoTrigger(id.name.clone()))
    }

    fn of(&self, database: &DatabaseId) -> Vec<TriggerStatus> {
        let mut triggers = self.runtime.triggers(&database.tenant);
        triggers.retain(|status| &status.trigger.id.database == database);
        triggers
    }

    fn status(&self, id: &TriggerId) -> Option<TriggerStatus> {
        self.runtime.triggers(id.tenant()).into_iter().find(|status| &status.trigger.id == id)
    }

    fn require(&self, database: &DatabaseId) -> Result<(), TriggerError> {
        if self.database.has_database(database) {
            return Ok(());
        }
        Err(TriggerError::NoDatabase(database.name.clone()))
    }
}
