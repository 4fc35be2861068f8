//! What is kept. Everybody else sees it through three doors: the schema for
//! which lines are staged, the commit of what was staged, and the snapshot that
//! a query reads. A log on disk and table files slide in behind these.

mod chunk;
mod column;
mod growing;
mod points;
mod snapshot;
mod table;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tidegate::{
    CursorChange, DatabaseError, DatabaseErrorKind, DatabaseId, DatabaseName, Log, MemoryLog, Origin, Position,
    TableName, TenantId, TriggerId, WhenFull,
};

use crate::schema::TableSchema;
use crate::staging::{KnownSchema, StagedBatch};
pub(crate) use snapshot::{Snapshot, StoredRows, TableSnapshot};
use table::Table;

/// The log, and the points that its rows add up to.
#[derive(Debug)]
pub(crate) struct Storage {
    log: Arc<MemoryLog>,
    databases: Mutex<BTreeMap<DatabaseId, Tables>>,
}

type Tables = BTreeMap<TableName, Table>;

/// What came of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Committed {
    /// It stands in the log before this position.
    Before(Position),
    /// Somebody else has changed the schema since it was staged. Nothing is
    /// kept: stage it again.
    SchemaChanged,
}

impl Storage {
    pub(crate) fn new(log_bytes: usize) -> Self {
        Self { log: Arc::new(MemoryLog::new(log_bytes, WhenFull::DropOldest)), databases: Mutex::default() }
    }

    pub(crate) fn log(&self) -> &Arc<MemoryLog> {
        &self.log
    }

    /// Keeps rows of several databases as one record, and the changes of
    /// cursors; all or nothing.
    pub(crate) fn commit(
        &self,
        rows: &BTreeMap<DatabaseId, Vec<StagedBatch>>,
        origin: Option<&Origin>,
        cursors: &BTreeMap<TriggerId, CursorChange>,
    ) -> Result<Committed, DatabaseError> {
        let mut databases = self.lock();
        let staged = || rows.iter().flat_map(|(database, batches)| batches.iter().map(move |batch| (database, batch)));
        let stands = |(database, staged): (&DatabaseId, &StagedBatch)| {
            let table = databases.get(database).and_then(|tables| tables.get(staged.batch.table()));
            match (table, &staged.checked_for) {
                (Some(table), Some(schema)) => Arc::ptr_eq(table.schema(), schema),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
        };
        if !staged().all(stands) {
            return Ok(Committed::SchemaChanged);
        }
        // The log first: if it refuses, nothing has happened. Triggers may read
        // the rows at once, but their queries wait for the lock held here.
        let position = match staged().next() {
            Some(_) => {
                let record = staged().map(|(database, staged)| (database.clone(), Arc::clone(&staged.batch)));
                self.log.append(record, origin)?
            }
            None => *self.log.head().borrow(),
        };
        self.log.move_cursors(cursors);
        for (database, batches) in rows {
            let tables = databases.entry(database.clone()).or_default();
            for StagedBatch { batch, .. } in batches {
                tables.entry(batch.table().clone()).or_default().append(batch);
            }
        }
        Ok(Committed::Before(position))
    }

    /// What `database` holds now: the schema of every table, and the rows of
    /// those that are `wanted`.
    pub(crate) fn snapshot(&self, database: &DatabaseId, wanted: &BTreeSet<String>) -> Result<Snapshot, DatabaseError> {
        let mut databases = self.lock();
        let tables = databases.get_mut(database).ok_or_else(|| not_found(database))?;
        let tables = tables.iter_mut().map(|(name, table)| {
            let rows = if wanted.contains(name.as_str()) { table.rows() } else { Vec::new() };
            (name.to_string(), TableSnapshot { schema: Arc::clone(table.schema()), rows })
        });
        Ok(Snapshot { tables: tables.collect() })
    }

    /// Creates a database and says whether it is new.
    pub(crate) fn create(&self, database: &DatabaseId) -> bool {
        match self.lock().entry(database.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(Tables::new());
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    pub(crate) fn delete(&self, database: &DatabaseId) -> Result<(), DatabaseError> {
        self.lock().remove(database).map(drop).ok_or_else(|| not_found(database))
    }

    /// Refuses a database that does not exist.
    pub(crate) fn require(&self, database: &DatabaseId) -> Result<(), DatabaseError> {
        if self.contains(database) { Ok(()) } else { Err(not_found(database)) }
    }

    pub(crate) fn contains(&self, database: &DatabaseId) -> bool {
        self.lock().contains_key(database)
    }

    pub(crate) fn databases(&self, tenant: &TenantId) -> Vec<DatabaseName> {
        self.lock().keys().filter(|id| id.tenant == *tenant).map(|id| id.name.clone()).collect()
    }

    pub(crate) fn tables(&self, database: &DatabaseId) -> Result<Vec<TableName>, DatabaseError> {
        let databases = self.lock();
        databases.get(database).map(|tables| tables.keys().cloned().collect()).ok_or_else(|| not_found(database))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DatabaseId, Tables>> {
        self.databases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownSchema for Storage {
    fn table(&self, database: &DatabaseId, table: &str) -> Option<Arc<TableSchema>> {
        self.lock().get(database)?.get(table).map(|table| Arc::clone(table.schema()))
    }

    fn table_count(&self, database: &DatabaseId) -> usize {
        self.lock().get(database).map_or(0, BTreeMap::len)
    }
}

fn not_found(database: &DatabaseId) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::NotFound, format!("database not found: {database}"))
}
