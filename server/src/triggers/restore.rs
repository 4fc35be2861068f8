//! Triggers of earlier days: those in the catalog, when the server starts.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{
    Clock, DatabaseId, DatabaseName, Notice, Plugin, TenantId, Trigger, TriggerId, TriggerName, TriggerState,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Definition, TriggerError, Triggers};

/// How often triggers that could not be started are tried again.
const PERIOD: Duration = Duration::from_secs(5);

impl Triggers {
    /// Starts the triggers that the catalog has. One that cannot be started
    /// keeps nobody from starting: it waits until its plugin can be used.
    pub(crate) async fn restore(&self) {
        for (id, definition) in self.stored() {
            let begun = match self.checked(&id, &definition).await {
                Ok((trigger, plugin)) => self.begin(&id, &definition, (trigger, &plugin)).await,
                Err(error) => Err(error),
            };
            if let Err(error) = begun {
                tracing::error!(trigger = %id, %error, "failed to start trigger at boot; continuing in degraded state");
                self.lock().insert(id, error.to_string());
            }
        }
    }

    /// Tries those that wait again and again.
    pub(crate) async fn keep_trying(self: Arc<Self>, clock: Arc<dyn Clock>) {
        loop {
            clock.sleep(PERIOD).await;
            let waiting: Vec<_> = self.lock().keys().cloned().collect();
            for id in waiting {
                self.try_again(id).await;
            }
        }
    }

    async fn try_again(&self, id: TriggerId) {
        let Some(definition) = self.definition(&id) else { return };
        // Before its turn: a plugin may take long to compile.
        let checked = self.checked(&id, &definition).await;
        let _turn = self.changing.lock().await;
        // It may have been started, changed or deleted before it was this one's turn.
        if !self.lock().contains_key(&id) || self.definition(&id).as_ref() != Some(&definition) {
            return;
        }
        let begun = match checked {
            Ok((trigger, plugin)) => self.begin(&id, &definition, (trigger, &plugin)).await,
            Err(error) => Err(error),
        };
        match begun {
            Ok(()) => {
                tracing::info!(trigger = %id, "the trigger has started after all");
                self.lock().remove(&id);
            }
            Err(error) => {
                self.lock().insert(id, error.to_string());
            }
        }
    }

    /// Starts a trigger that could not be started before.
    pub(super) async fn begin(
        &self,
        id: &TriggerId,
        definition: &Definition,
        (trigger, plugin): (Trigger, &Plugin),
    ) -> Result<(), TriggerError> {
        self.parts.log.follow(id.clone());
        if definition.disabled {
            self.parts.runtime.create_trigger_disabled(trigger, plugin).await?;
        } else {
            self.parts.runtime.create_trigger(trigger, plugin).await?;
        }
        Ok(())
    }

    /// The triggers that the catalog has.
    pub(super) fn stored(&self) -> Vec<(TriggerId, Definition)> {
        let content = self.parts.catalog.now();
        let databases = content.tenants.iter().flat_map(|(tenant, owned)| {
            owned.databases.iter().map(move |(database, stored)| (tenant, database, stored))
        });
        let triggers = databases.flat_map(|(tenant, database, stored)| {
            stored.triggers.iter().map(move |(name, definition)| (tenant, database, name, definition))
        });
        let named = triggers.filter_map(|(tenant, database, name, definition)| {
            let (tenant, name) = (TenantId::new(tenant).ok()?, TriggerName::new(name).ok()?);
            let database = DatabaseId { tenant, name: DatabaseName::new(database).ok()? };
            Some((TriggerId { database, name }, definition.clone()))
        });
        named.collect()
    }

    /// Keeps in mind which triggers stop themselves: they are still stopped after
    /// a restart.
    pub(crate) async fn remember_failures(self: Arc<Self>, mut notices: Receiver<Notice>) {
        loop {
            match notices.recv().await {
                Ok(Notice::Stopped(id, reason)) => {
                    let _turn = self.changing.lock().await;
                    // Somebody may have enabled it since.
                    if !self.status(&id).is_some_and(|status| matches!(status.state, TriggerState::Failed(_))) {
                        continue;
                    }
                    let failed = |definition: &mut Definition| {
                        definition.disabled = true;
                        definition.failed = Some(reason);
                    };
                    if let Err(error) = self.redefine(&id, failed).await {
                        tracing::error!(trigger = %id, %error, "that the trigger has stopped itself is not kept");
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }
}
