//! Which triggers exist, found by what makes them run.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::Active;
use crate::database::TableFilter;
use crate::error::{Error, ErrorKind};
use crate::model::{DatabaseId, TableName, TableSelection, TenantId, TriggerId, TriggerSpec};

/// All triggers of a runtime.
#[derive(Debug, Default)]
pub(crate) struct Registry(RwLock<Triggers>);

#[derive(Debug, Default)]
struct Triggers {
    by_id: BTreeMap<TriggerId, Arc<Active>>,
    by_path: HashMap<(TenantId, String), Arc<Active>>,
    by_table: HashMap<DatabaseId, Tables>,
    /// What all write triggers want together.
    filter: Arc<TableFilter>,
}

#[derive(Debug, Default)]
struct Tables {
    all: Vec<Arc<Active>>,
    some: HashMap<TableName, Vec<Arc<Active>>>,
}

impl Registry {
    /// Adds a trigger.
    ///
    /// # Errors
    /// [`ErrorKind::AlreadyExists`] if its name or its request path is taken.
    pub(crate) fn insert(&self, active: Arc<Active>) -> Result<(), Error> {
        let mut triggers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let id = &active.trigger.id;
        if triggers.by_id.contains_key(id) {
            let message =
                format!("attempted to create a resource that already exists; choose another name. trigger=`{id}`");
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        triggers.serve(&active, None)?;
        triggers.by_id.insert(id.clone(), active);
        triggers.index();
        Ok(())
    }

    /// Puts `active` in the place of the trigger of the same name, and returns
    /// that.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none, [`ErrorKind::AlreadyExists`] if
    /// another trigger serves its request path.
    pub(crate) fn replace(&self, active: Arc<Active>) -> Result<Arc<Active>, Error> {
        let mut triggers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let id = active.trigger.id.clone();
        let old = Arc::clone(triggers.by_id.get(&id).ok_or_else(|| not_found(&id))?);
        triggers.serve(&active, Some(&old))?;
        triggers.by_path.retain(|_, other| !Arc::ptr_eq(other, &old));
        triggers.by_id.insert(id, active);
        triggers.index();
        Ok(old)
    }

    /// Removes a trigger and returns it.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub(crate) fn remove(&self, id: &TriggerId) -> Result<Arc<Active>, Error> {
        let mut triggers = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let active = triggers.by_id.remove(id).ok_or_else(|| not_found(id))?;
        triggers.by_path.retain(|_, other| !Arc::ptr_eq(other, &active));
        triggers.index();
        Ok(active)
    }

    /// Returns the trigger so called.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub(crate) fn get(&self, id: &TriggerId) -> Result<Arc<Active>, Error> {
        self.read().by_id.get(id).cloned().ok_or_else(|| not_found(id))
    }

    /// Returns the trigger that serves `path`.
    pub(crate) fn serving(&self, tenant: &TenantId, path: &str) -> Option<Arc<Active>> {
        self.read().by_path.get(&(tenant.clone(), path.to_owned())).cloned()
    }

    /// Returns the triggers that want rows of `table`.
    pub(crate) fn wanting(&self, database: &DatabaseId, table: &TableName) -> Vec<Arc<Active>> {
        let triggers = self.read();
        let Some(tables) = triggers.by_table.get(database) else {
            return Vec::new();
        };
        tables.all.iter().chain(tables.some.get(table).into_iter().flatten()).cloned().collect()
    }

    /// What all write triggers want together.
    pub(crate) fn filter(&self) -> Arc<TableFilter> {
        Arc::clone(&self.read().filter)
    }

    /// All triggers, by database and name.
    pub(crate) fn all(&self) -> Vec<Arc<Active>> {
        self.read().by_id.values().cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, Triggers> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Triggers {
    /// Lets a trigger serve its request path, if it has one that nobody has but
    /// the trigger that it `replaces`.
    fn serve(&mut self, active: &Arc<Active>, replaces: Option<&Arc<Active>>) -> Result<(), Error> {
        let TriggerSpec::Request(path) = &active.trigger.spec else {
            return Ok(());
        };
        let key = (active.trigger.id.tenant().clone(), path.clone());
        let is_replaced = |other: &Arc<Active>| replaces.is_some_and(|replaced| Arc::ptr_eq(replaced, other));
        if let Some(other) = self.by_path.get(&key).filter(|other| !is_replaced(other)) {
            let message = format!("another trigger serves this path. path=`{path}` trigger=`{}`", other.trigger.id);
            return Err(Error::new(ErrorKind::AlreadyExists, message));
        }
        self.by_path.insert(key, Arc::clone(active));
        Ok(())
    }

    fn index(&mut self) {
        self.by_table.clear();
        let mut filter = TableFilter::default();
        for (id, active) in &self.by_id {
            let TriggerSpec::Write(selection) = &active.trigger.spec else {
                continue;
            };
            let tables = self.by_table.entry(id.database.clone()).or_default();
            match selection {
                TableSelection::All => {
                    tables.all.push(Arc::clone(active));
                    filter = filter.and_all(id.database.clone());
                }
                TableSelection::One(table) => {
                    tables.some.entry(table.clone()).or_default().push(Arc::clone(active));
                    filter = filter.and_table(id.database.clone(), table.clone());
                }
            }
        }
        self.filter = Arc::new(filter);
    }
}

fn not_found(id: &TriggerId) -> Error {
    Error::new(ErrorKind::NotFound, format!("the requested resource was not found: {}", id.name))
}
