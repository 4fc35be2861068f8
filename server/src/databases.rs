//! Databases and tables that somebody creates, kept by the catalog.

use std::time::Duration;

use tidegate::{DatabaseError, DatabaseId, DatabaseName, TableName, TenantId};
use tidegate_database::{EmbeddedDatabase, TableDefinition};

use crate::caller::Caller;
use crate::catalog::{Content, NotKept, StoredTable};
use crate::server::Server;
use crate::triggers::TriggerError;

/// Creates the databases and tables that the catalog has.
pub(crate) fn restore(database: &EmbeddedDatabase, content: &Content) {
    for (tenant, owned) in &content.tenants {
        for (name, stored) in &owned.databases {
            let (Ok(tenant), Ok(name)) = (TenantId::new(tenant), DatabaseName::new(name)) else {
                tracing::error!(tenant, database = name, "the catalog has a name that is none");
                continue;
            };
            let id = DatabaseId { tenant, name };
            database.create_database(&id);
            let retention = stored.retention_seconds.map(Duration::from_secs);
            let tables = stored.tables.iter().map(|(name, table)| create(database, &id, (name, table)));
            let failed = tables.chain([database.set_retention(&id, retention)]).find_map(Result::err);
            if let Some(error) = failed {
                tracing::error!(database = %id, %error, "the catalog has what cannot be created");
            }
        }
    }
}

fn create(
    database: &EmbeddedDatabase,
    id: &DatabaseId,
    (name, table): (&str, &StoredTable),
) -> Result<(), DatabaseError> {
    let invalid =
        |error: tidegate::BadName| DatabaseError::new(tidegate::DatabaseErrorKind::Invalid, error.to_string());
    let name = TableName::new(name).map_err(invalid)?;
    let definition = TableDefinition { name, tags: table.tags.clone(), fields: table.fields.clone() };
    database.create_table(id, definition).map(|_| ())
}

impl Server {
    /// The databases that a caller may do anything in, by name.
    pub(crate) fn databases_of(&self, caller: &Caller) -> Vec<DatabaseName> {
        let tenant = caller.tenant();
        let mut names = self.database.databases(tenant);
        names.retain(|name| caller.sees(&DatabaseId { tenant: tenant.clone(), name: name.clone() }));
        names
    }

    /// Creates a database that keeps rows for `retention`, and says whether it is
    /// new.
    ///
    /// # Errors
    /// [`TriggerError`] if that cannot be kept, or its tenant may own no more.
    pub(crate) async fn create_database(
        &self,
        id: &DatabaseId,
        retention: Option<Duration>,
    ) -> Result<bool, TriggerError> {
        let _turn = self.triggers.turn().await;
        if self.database.has_database(id) {
            return Ok(false);
        }
        let _room = self.allowances.admit([(id, 0)].into_iter()).await?;
        self.catalog.change(|content| content.database_mut(id).retention_seconds = seconds(retention)).await?;
        let is_new = self.database.create_database(id);
        // It may have been deleted meanwhile; then there is nothing to be kept.
        let _ = self.database.set_retention(id, retention);
        Ok(is_new)
    }

    /// Sets for how long a database keeps rows.
    ///
    /// # Errors
    /// [`NotKept`] if that cannot be kept.
    pub(crate) async fn set_retention(&self, id: &DatabaseId, retention: Option<Duration>) -> Result<(), NotKept> {
        let _turn = self.triggers.turn().await;
        self.catalog.change(|content| content.database_mut(id).retention_seconds = seconds(retention)).await?;
        let _ = self.database.set_retention(id, retention);
        Ok(())
    }

    /// Keeps in mind a table that was created, or forgets one that was deleted.
    ///
    /// # Errors
    /// [`NotKept`] if that cannot be kept.
    pub(crate) async fn keep_table(
        &self,
        (id, table): (&DatabaseId, &TableName),
        stored: Option<StoredTable>,
    ) -> Result<(), NotKept> {
        let change = |content: &mut Content| {
            let tables = &mut content.database_mut(id).tables;
            match stored {
                Some(stored) => tables.insert(table.to_string(), stored),
                None => tables.remove(table.as_str()),
            };
        };
        self.catalog.change(change).await
    }
}

fn seconds(period: Option<Duration>) -> Option<u64> {
    period.map(|period| period.as_secs())
}
