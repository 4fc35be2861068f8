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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidegate::{
    Clock, CursorChange, DatabaseError, DatabaseErrorKind, DatabaseId, DatabaseName, Log, MemoryLog, Origin, Position,
    TableName, TenantId, Timestamp, TriggerId, WhenFull,
};

use crate::embedded::Settings;
use crate::schema::TableSchema;
use crate::staging::{KnownSchema, StagedBatch};
pub(crate) use snapshot::{Snapshot, StoredRows, TableSnapshot};
use table::Table;

/// The log, and the points that its rows add up to.
#[derive(Debug)]
pub(crate) struct Storage {
    log: Arc<MemoryLog>,
    clock: Arc<dyn Clock>,
    databases: Mutex<BTreeMap<DatabaseId, Held>>,
    /// What all rows take, and may take. Changed only where `databases` is locked.
    stored_bytes: AtomicUsize,
    most_stored_bytes: usize,
}

/// What is kept of a database.
#[derive(Debug, Default)]
struct Held {
    tables: BTreeMap<TableName, Table>,
    retention: Option<Duration>,
}

impl Held {
    /// The time before which its rows are gone.
    fn cutoff(&self, now: Timestamp) -> Option<i64> {
        let retention = i64::try_from(self.retention?.as_nanos()).ok()?;
        now.0.checked_sub(retention)
    }
}

/// Tables with their columns, by name.
pub(crate) type Schemas = Vec<(TableName, Arc<TableSchema>)>;

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
    pub(crate) fn new(settings: Settings, clock: Arc<dyn Clock>) -> Self {
        let log = Arc::new(MemoryLog::new(settings.log_bytes, WhenFull::DropOldest));
        let (databases, stored_bytes) = (Mutex::default(), AtomicUsize::new(0));
        Self { log, clock, databases, stored_bytes, most_stored_bytes: settings.stored_bytes }
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
            let table = databases.get(database).and_then(|held| held.tables.get(staged.batch.table()));
            match (table, &staged.checked_for) {
                (Some(table), Some(schema)) => Arc::ptr_eq(table.schema(), schema),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
        };
        if !staged().all(stands) {
            return Ok(Committed::SchemaChanged);
        }
        if staged().next().is_some() {
            self.check_room()?;
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
            let tables = &mut databases.entry(database.clone()).or_default().tables;
            for StagedBatch { batch, .. } in batches {
                let table = tables.entry(batch.table().clone()).or_default();
                let before = table.byte_size();
                table.append(batch);
                self.resized(before, table.byte_size());
            }
        }
        Ok(Committed::Before(position))
    }

    /// What `database` holds now: the schema of every table, and the rows of
    /// those that are `wanted`.
    pub(crate) fn snapshot(&self, database: &DatabaseId, wanted: &BTreeSet<String>) -> Result<Snapshot, DatabaseError> {
        let mut databases = self.lock();
        let held = databases.get_mut(database).ok_or_else(|| not_found(database))?;
        let cutoff = held.cutoff(self.clock.now());
        let tables = held.tables.iter_mut().map(|(name, table)| {
            let rows = if wanted.contains(name.as_str()) { table.rows() } else { Vec::new() };
            (name.to_string(), TableSnapshot { schema: Arc::clone(table.schema()), rows })
        });
        let mut tables: BTreeMap<_, _> = tables.collect();
        // Writes wait no longer.
        drop(databases);
        if let Some(cutoff) = cutoff {
            for table in tables.values_mut() {
                table.rows =
                    std::mem::take(&mut table.rows).into_iter().filter_map(|rows| rows.since(cutoff)).collect();
            }
        }
        Ok(Snapshot { tables })
    }

    /// Creates a database and says whether it is new.
    pub(crate) fn create(&self, database: &DatabaseId) -> bool {
        match self.lock().entry(database.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(Held::default());
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Creates a table without rows and says whether it is new; its database
    /// comes into being with it.
    pub(crate) fn create_table(&self, database: &DatabaseId, table: TableName, schema: TableSchema) -> bool {
        let mut databases = self.lock();
        match databases.entry(database.clone()).or_default().tables.entry(table) {
            Entry::Vacant(entry) => {
                entry.insert(Table::new(schema));
                true
            }
            Entry::Occupied(_) => false,
        }
    }

    /// Deletes a table and says whether there was one.
    pub(crate) fn delete_table(&self, database: &DatabaseId, table: &TableName) -> Result<bool, DatabaseError> {
        let mut databases = self.lock();
        let held = databases.get_mut(database).ok_or_else(|| not_found(database))?;
        let removed = held.tables.remove(table);
        if let Some(table) = &removed {
            self.resized(table.byte_size(), 0);
        }
        Ok(removed.is_some())
    }

    /// Sets for how long rows are kept.
    pub(crate) fn retain(&self, database: &DatabaseId, period: Option<Duration>) -> Result<(), DatabaseError> {
        let mut databases = self.lock();
        databases.get_mut(database).ok_or_else(|| not_found(database))?.retention = period;
        Ok(())
    }

    /// For how long rows are kept, if not for ever.
    pub(crate) fn retention(&self, database: &DatabaseId) -> Result<Option<Duration>, DatabaseError> {
        self.lock().get(database).map(|held| held.retention).ok_or_else(|| not_found(database))
    }

    /// Gives back the memory of rows that are gone by their age.
    pub(crate) fn expire(&self) {
        let now = self.clock.now();
        for held in self.lock().values_mut() {
            if let Some(cutoff) = held.cutoff(now) {
                for table in held.tables.values_mut() {
                    let before = table.byte_size();
                    table.expire(cutoff);
                    self.resized(before, table.byte_size());
                }
            }
        }
    }

    pub(crate) fn delete(&self, database: &DatabaseId) -> Result<(), DatabaseError> {
        let mut databases = self.lock();
        let removed = databases.remove(database).ok_or_else(|| not_found(database))?;
        removed.tables.values().for_each(|table| self.resized(table.byte_size(), 0));
        Ok(())
    }

    /// Refuses rows once those that are there take all that they may.
    fn check_room(&self) -> Result<(), DatabaseError> {
        let (taken, most) = (self.stored_bytes.load(Ordering::Relaxed), self.most_stored_bytes);
        if taken < most {
            return Ok(());
        }
        let why = format!(
            "rows take all the memory that they may; delete tables, keep rows for a shorter time, or see \
             --max-stored-bytes. stored=`{taken}` allowed=`{most}`"
        );
        Err(DatabaseError::new(DatabaseErrorKind::Unavailable, why))
    }

    /// A table that took `before` takes `after` now.
    fn resized(&self, before: usize, after: usize) {
        let taken = self.stored_bytes.load(Ordering::Relaxed);
        self.stored_bytes.store(taken.saturating_add(after).saturating_sub(before), Ordering::Relaxed);
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

    /// How much the rows of a tenant's databases take.
    pub(crate) fn stored_bytes(&self, tenant: &TenantId) -> u64 {
        let databases = self.lock();
        let held = databases.iter().filter(|(id, _)| id.tenant == *tenant).map(|(_, held)| held);
        let sizes = held.flat_map(|held| held.tables.values().map(Table::byte_size));
        sizes.fold(0, |sum, size| sum.saturating_add(u64::try_from(size).unwrap_or(u64::MAX)))
    }

    pub(crate) fn tables(&self, database: &DatabaseId) -> Result<Vec<TableName>, DatabaseError> {
        let databases = self.lock();
        let names = |held: &Held| held.tables.keys().cloned().collect();
        databases.get(database).map(names).ok_or_else(|| not_found(database))
    }

    /// The tables of a database with their columns, by name.
    pub(crate) fn schemas(&self, database: &DatabaseId) -> Result<Schemas, DatabaseError> {
        let databases = self.lock();
        let held = databases.get(database).ok_or_else(|| not_found(database))?;
        Ok(held.tables.iter().map(|(name, table)| (name.clone(), Arc::clone(table.schema()))).collect())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<DatabaseId, Held>> {
        self.databases.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KnownSchema for Storage {
    fn table(&self, database: &DatabaseId, table: &str) -> Option<Arc<TableSchema>> {
        self.lock().get(database)?.tables.get(table).map(|table| Arc::clone(table.schema()))
    }

    fn table_count(&self, database: &DatabaseId) -> usize {
        self.lock().get(database).map_or(0, |held| held.tables.len())
    }
}

fn not_found(database: &DatabaseId) -> DatabaseError {
    DatabaseError::new(DatabaseErrorKind::NotFound, format!("database not found: {database}"))
}
