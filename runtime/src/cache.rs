//! What triggers remember from run to run.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use moka::ops::compute::{CompResult, Op};
use moka::sync::Cache;

use crate::model::{TenantId, Timestamp, TriggerId};

/// Keeps what triggers put into their cache.
///
/// Called for each `get` of a run and, when a run has succeeded, for all that
/// it changed.
pub trait CacheStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the entry under `key` unless it has expired by `now`.
    fn get(&self, key: &CacheKey, now: Timestamp) -> Option<CacheEntry>;

    /// Puts or removes an entry.
    fn apply(&self, change: CacheChange);

    /// Replaces the entry under `key` by what `update` makes of it, with nobody
    /// in between, and returns what is there afterwards.
    ///
    /// # Errors
    /// Those of `update`, which leave everything as it was.
    fn update(&self, key: &CacheKey, now: Timestamp, update: Update<'_>) -> Result<Option<CacheEntry>, CacheRefusal>;

    /// Says whether a tenant may put `bytes` more.
    ///
    /// # Errors
    /// [`CacheRefusal::Full`] if not.
    fn room(&self, tenant: &TenantId, bytes: usize) -> Result<(), CacheRefusal>;

    /// Sets what a tenant may keep, instead of what all may. Called when its quotas
    /// change.
    fn set_room(&self, tenant: &TenantId, bytes: usize);

    /// Removes all entries of a trigger that is gone.
    fn forget(&self, trigger: &TriggerId);

    /// Removes all entries of a tenant that is gone: a later one of its name must
    /// not find them.
    fn forget_tenant(&self, tenant: &TenantId);

    /// Removes what has expired by `now`. Called every few seconds.
    fn sweep(&self, now: Timestamp);
}

/// What becomes of an entry, given what it is.
pub type Update<'a> = &'a mut dyn FnMut(Option<&CacheEntry>) -> Result<CacheUpdate, CacheRefusal>;

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheUpdate {
    /// It stays.
    Keep,
    /// It is replaced.
    Put(CacheEntry),
    /// It is removed.
    Remove,
}

/// The place of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// Who shares it.
    pub scope: CacheScope,
    /// What it is called.
    pub key: Arc<str>,
}

/// Who shares an entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CacheScope {
    /// The runs of one trigger.
    Trigger(TriggerId),
    /// All triggers of one tenant.
    Global(TenantId),
    /// The trials of a tenant under one name, in the place of `Trigger`.
    Trial(TenantId, Arc<str>),
    /// The trials of a tenant under one name, in the place of `Global`.
    GlobalTrial(TenantId, Arc<str>),
}

impl CacheScope {
    pub(crate) fn tenant(&self) -> &TenantId {
        match self {
            Self::Trigger(trigger) => trigger.tenant(),
            Self::Global(tenant) | Self::Trial(tenant, _) | Self::GlobalTrial(tenant, _) => tenant,
        }
    }
}

/// How an entry's bytes are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheEncoding {
    /// CBOR, which all languages share.
    Cbor,
    /// Python's pickle.
    Pickle,
    /// Just bytes.
    Raw,
}

/// A remembered value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheEntry {
    /// How to read the bytes.
    pub encoding: CacheEncoding,
    /// The value.
    pub bytes: Arc<[u8]>,
    /// From when on it is gone, if ever.
    pub expires: Option<Timestamp>,
}

impl CacheEntry {
    fn is_live(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|expires| now < expires)
    }
}

/// An entry put, or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheChange {
    /// Where.
    pub key: CacheKey,
    /// The new entry, or none.
    pub entry: Option<CacheEntry>,
}

impl CacheChange {
    /// What the entry counts against limits: even an empty one takes room.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.entry.as_ref().map_or(0, |entry| cost(&self.key, entry))
    }
}

fn cost(key: &CacheKey, entry: &CacheEntry) -> usize {
    const OVERHEAD: usize = 128;
    OVERHEAD.saturating_add(key.key.len()).saturating_add(entry.bytes.len())
}

/// Why the cache does not do something, for the plugin's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CacheRefusal {
    /// Key, encoding or value do not fit the operation.
    Invalid(String),
    /// There is no room.
    Full(String),
}

/// The cache that the runtime brings: in memory, bounded for each tenant.
#[derive(Debug)]
pub struct MemoryCache {
    entries: Cache<CacheKey, Arc<Stored>>,
    tenants: Mutex<HashMap<TenantId, Arc<AtomicUsize>>>,
    bytes_per_tenant: usize,
    /// Of those tenants that may keep more or less than that.
    rooms: Mutex<HashMap<TenantId, usize>>,
}

/// An entry, and its share of the tenant's bytes for as long as it lives.
#[derive(Debug)]
struct Stored {
    entry: CacheEntry,
    cost: usize,
    tenant_bytes: Arc<AtomicUsize>,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.tenant_bytes.fetch_sub(self.cost, Ordering::Relaxed);
    }
}

impl MemoryCache {
    /// A cache in which each tenant may keep `bytes_per_tenant`.
    #[must_use]
    pub fn new(bytes_per_tenant: usize) -> Self {
        // Moka would evict silently at a capacity of its own; `room` refuses
        // before, so that nothing a plugin put disappears before its time.
        Self { entries: Cache::builder().build(), tenants: Mutex::default(), bytes_per_tenant, rooms: Mutex::default() }
    }

    fn tenant_bytes(&self, tenant: &TenantId) -> Arc<AtomicUsize> {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tenants.entry(tenant.clone()).or_default())
    }

    fn allowed(&self, tenant: &TenantId) -> usize {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(tenant).copied().unwrap_or(self.bytes_per_tenant)
    }

    fn store(&self, key: &CacheKey, entry: CacheEntry) -> Arc<Stored> {
        let tenant_bytes = self.tenant_bytes(key.scope.tenant());
        let cost = cost(key, &entry);
        tenant_bytes.fetch_add(cost, Ordering::Relaxed);
        Arc::new(Stored { entry, cost, tenant_bytes })
    }

    fn remove_if(&self, unwanted: impl Fn(&CacheKey, &CacheEntry) -> bool) {
        for (key, stored) in &self.entries {
            if unwanted(&key, &stored.entry) {
                // It may have been replaced since.
                self.entries.entry_by_ref(&*key).and_compute_with(|current| match current {
                    Some(current) if unwanted(&key, &current.value().entry) => Op::Remove,
                    Some(_) | None => Op::Nop,
                });
            }
        }
        self.entries.run_pending_tasks();
    }
}

impl CacheStore for MemoryCache {
    fn get(&self, key: &CacheKey, now: Timestamp) -> Option<CacheEntry> {
        self.entries.get(key).filter(|stored| stored.entry.is_live(now)).map(|stored| stored.entry.clone())
    }

    fn apply(&self, change: CacheChange) {
        // By way of the key's lock, which `update` holds while it looks.
        self.entries.entry_by_ref(&change.key).and_compute_with(|_| match change.entry {
            Some(entry) => Op::Put(self.store(&change.key, entry)),
            None => Op::Remove,
        });
    }

    fn update(&self, key: &CacheKey, now: Timestamp, update: Update<'_>) -> Result<Option<CacheEntry>, CacheRefusal> {
        let result = self.entries.entry_by_ref(key).and_try_compute_with(|current| {
            let current = current.map(moka::Entry::into_value);
            let live = current.as_ref().map(|stored| &stored.entry).filter(|entry| entry.is_live(now));
            Ok(match update(live)? {
                CacheUpdate::Keep => Op::Nop,
                CacheUpdate::Put(entry) => Op::Put(self.store(key, entry)),
                CacheUpdate::Remove => Op::Remove,
            })
        })?;
        Ok(match result {
            CompResult::Inserted(entry) | CompResult::ReplacedWith(entry) | CompResult::Unchanged(entry) => {
                Some(entry.into_value().entry.clone())
            }
            CompResult::Removed(_) | CompResult::StillNone(_) => None,
        })
    }

    fn room(&self, tenant: &TenantId, bytes: usize) -> Result<(), CacheRefusal> {
        let allowed = self.allowed(tenant);
        let used = self.tenant_bytes(tenant);
        if used.load(Ordering::Relaxed).saturating_add(bytes) > allowed {
            // What is replaced or removed is given back a little later.
            self.entries.run_pending_tasks();
        }
        let used = used.load(Ordering::Relaxed);
        if used.saturating_add(bytes) > allowed {
            return Err(CacheRefusal::Full(format!(
                "the cache is full; delete entries or give them a ttl. used_bytes=`{used}` asked_bytes=`{bytes}` allowed_bytes=`{allowed}`"
            )));
        }
        Ok(())
    }

    fn set_room(&self, tenant: &TenantId, bytes: usize) {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.clone(), bytes);
    }

    fn forget(&self, trigger: &TriggerId) {
        self.remove_if(|key, _| matches!(&key.scope, CacheScope::Trigger(id) if id == trigger));
    }

    fn forget_tenant(&self, tenant: &TenantId) {
        self.remove_if(|key, _| key.scope.tenant() == tenant);
    }

    fn sweep(&self, now: Timestamp) {
        self.remove_if(|_, entry| !entry.is_live(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> TenantId {
        TenantId::default_tenant()
    }

    fn key(key: &str) -> CacheKey {
        CacheKey { scope: CacheScope::Global(tenant()), key: key.into() }
    }

    fn entry(bytes: &[u8], expires: Option<i64>) -> CacheEntry {
        CacheEntry { encoding: CacheEncoding::Raw, bytes: bytes.into(), expires: expires.map(Timestamp) }
    }

    fn put(cache: &MemoryCache, name: &str, new: CacheEntry) {
        cache.apply(CacheChange { key: key(name), entry: Some(new) });
    }

    #[test]
    fn an_entry_is_gone_at_the_very_moment_it_expires() {
        let cache = MemoryCache::new(1 << 20);
        put(&cache, "k", entry(b"v", Some(1_000)));
        assert!(cache.get(&key("k"), Timestamp(999)).is_some());
        assert!(cache.get(&key("k"), Timestamp(1_000)).is_none());
    }

    #[test]
    fn removed_replaced_and_expired_entries_give_their_room_back() {
        let cache = MemoryCache::new(400);
        put(&cache, "a", entry(&[0; 100], None));
        put(&cache, "a", entry(&[1; 100], Some(5)));
        assert!(matches!(cache.room(&tenant(), 200), Err(CacheRefusal::Full(_))));
        cache.sweep(Timestamp(5));
        assert_eq!(cache.room(&tenant(), 400), Ok(()));
    }

    #[test]
    fn a_tenant_that_is_gone_leaves_no_entry() {
        let cache = MemoryCache::new(1 << 20);
        let other = CacheKey { scope: CacheScope::Global(TenantId::new("other").unwrap()), key: "k".into() };
        put(&cache, "k", entry(b"v", None));
        cache.apply(CacheChange { key: other.clone(), entry: Some(entry(b"v", None)) });
        cache.forget_tenant(&tenant());
        assert!(cache.get(&key("k"), Timestamp(0)).is_none() && cache.get(&other, Timestamp(0)).is_some());
    }

    #[test]
    fn an_update_sees_no_expired_entry_and_may_refuse() {
        let cache = MemoryCache::new(1 << 20);
        put(&cache, "k", entry(b"old", Some(10)));
        let refused = cache.update(&key("k"), Timestamp(5), &mut |_| Err(CacheRefusal::Invalid("no".into())));
        assert_eq!(refused, Err(CacheRefusal::Invalid("no".into())));
        assert_eq!(cache.get(&key("k"), Timestamp(5)), Some(entry(b"old", Some(10))));

        let updated = cache.update(&key("k"), Timestamp(10), &mut |current| {
            assert_eq!(current, None);
            Ok(CacheUpdate::Put(entry(b"new", None)))
        });
        assert_eq!(updated, Ok(Some(entry(b"new", None))));
    }
}
