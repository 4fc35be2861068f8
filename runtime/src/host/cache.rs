//! `cache`: what a plugin remembers, published when its run succeeds.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Effects, HostState, LimitReached, Principal, RunContext, debt};
use crate::bindings::cache;
use crate::cache::{CacheChange, CacheEncoding, CacheEntry, CacheKey, CacheRefusal, CacheScope, CacheUpdate, Update};
use crate::model::{Limit, TenantId, Timestamp};

/// What one run has changed in the cache, seen by nobody else yet.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    changed: HashMap<CacheKey, Option<CacheEntry>>,
    /// All entries put, and their bytes, replaced ones included.
    pub(crate) entries: usize,
    pub(crate) bytes: usize,
    /// Those bytes that are not in the store yet.
    staged_bytes: usize,
}

impl Overlay {
    /// The changes, to be published.
    pub(crate) fn into_changes(self) -> Vec<CacheChange> {
        self.changed.into_iter().map(|(key, entry)| CacheChange { key, entry }).collect()
    }
}

/// The longest key. Keys are names, not data.
const LONGEST_KEY: usize = 1_024;

/// What a counter takes at most, beside its key.
const COUNTER_BYTES: usize = 137;

type Checked<T> = Result<T, CacheRefusal>;

impl HostState {
    fn key(&mut self, scope: cache::Scope, key: &str) -> Checked<CacheKey> {
        self.debt.add(debt::CACHE, 1);
        self.debt.add(debt::BYTE, key.len());
        if key.len() > LONGEST_KEY {
            let length = key.len();
            return Err(CacheRefusal::Invalid(format!(
                "a cache key is too long. bytes=`{length}` allowed=`{LONGEST_KEY}`"
            )));
        }
        let trigger = self.trigger().map_err(CacheRefusal::Invalid)?;
        let tenant = || trigger.tenant().clone();
        let scope = match (scope, self.trial()) {
            (cache::Scope::Trigger, None) => CacheScope::Trigger(trigger.clone()),
            (cache::Scope::Global, None) => CacheScope::Global(tenant()),
            (cache::Scope::Trigger, Some(name)) => CacheScope::Trial(tenant(), name),
            (cache::Scope::Global, Some(name)) => CacheScope::GlobalTrial(tenant(), name),
        };
        Ok(CacheKey { scope, key: key.into() })
    }

    /// What the trials are called that share a cache with this run, if it is one.
    fn trial(&self) -> Option<Arc<str>> {
        match &self.principal {
            Principal::Trigger { run: RunContext { effects: Effects::Trial(name), .. }, .. } => Some(Arc::clone(name)),
            Principal::Trigger { .. } | Principal::Registration(_) => None,
        }
    }

    fn entry(&mut self, key: &CacheKey, entry: cache::Entry, ttl: Option<u64>) -> Checked<CacheEntry> {
        let encoding = CacheEncoding::from(entry.encoding);
        let is_shared = matches!(key.scope, CacheScope::Global(_) | CacheScope::GlobalTrial(..));
        if encoding == CacheEncoding::Pickle && is_shared {
            return Err(CacheRefusal::Invalid("a pickle cannot be shared: reading it would run its code".to_owned()));
        }
        Ok(CacheEntry { encoding, bytes: entry.bytes.into(), expires: self.expires(ttl) })
    }

    fn expires(&self, ttl: Option<u64>) -> Option<Timestamp> {
        ttl.map(|nanos| self.services.clock.now().saturating_add(std::time::Duration::from_nanos(nanos)))
    }

    /// What this run sees under `key`.
    fn look(&self, key: &CacheKey) -> Option<CacheEntry> {
        let now = self.services.clock.now();
        match self.cache.changed.get(key) {
            Some(changed) => changed.clone().filter(|entry| entry.expires.is_none_or(|expires| now < expires)),
            None => self.services.cache.get(key, now),
        }
    }

    /// Counts an entry that is to be put, and asks whether there is room.
    fn count(&mut self, tenant: &TenantId, bytes: usize) -> Result<Checked<()>, LimitReached> {
        self.cache.bytes = self.cache.bytes.saturating_add(bytes);
        self.cache.entries = self.cache.entries.saturating_add(1);
        if self.cache.entries > self.limits.cache_entries {
            return Err(LimitReached(Limit::CacheEntries));
        }
        if self.cache.bytes > self.limits.cache_bytes {
            return Err(LimitReached(Limit::CacheBytes));
        }
        Ok(self.services.cache.room(tenant, self.cache.staged_bytes.saturating_add(bytes)))
    }

    fn change(&mut self, change: CacheChange) -> Result<Checked<()>, LimitReached> {
        if change.entry.is_some() {
            let bytes = change.byte_size();
            if let Err(refusal) = self.count(change.key.scope.tenant(), bytes)? {
                return Ok(Err(refusal));
            }
            self.cache.staged_bytes = self.cache.staged_bytes.saturating_add(bytes);
        }
        self.cache.changed.insert(change.key, change.entry);
        Ok(Ok(()))
    }

    /// Replaces an entry at once by one of at most `bytes`, with nobody in
    /// between. In a run for trying out, only that run sees it.
    fn update(
        &mut self,
        (key, bytes): (&CacheKey, usize),
        update: Update<'_>,
    ) -> Result<Checked<Option<CacheEntry>>, LimitReached> {
        let Principal::Trigger { run, .. } = &self.principal else {
            return Ok(Err(CacheRefusal::Invalid("there is no trigger".to_owned())));
        };
        if !run.effects.are_real() {
            let current = self.look(key);
            let entry = match update(current.as_ref()) {
                Ok(CacheUpdate::Keep) => return Ok(Ok(current)),
                Ok(CacheUpdate::Put(entry)) => Some(entry),
                Ok(CacheUpdate::Remove) => None,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let changed = self.change(CacheChange { key: key.clone(), entry: entry.clone() })?;
            return Ok(changed.map(|()| entry));
        }
        if self.cache.changed.contains_key(key) {
            return Ok(Err(CacheRefusal::Invalid(format!(
                "this run has put or deleted the key, which takes effect at its end; update it one way only. key=`{}`",
                key.key
            ))));
        }
        // Before it happens: what is refused must not have had an effect.
        if bytes > 0
            && let Err(refusal) = self.count(key.scope.tenant(), bytes)?
        {
            return Ok(Err(refusal));
        }
        Ok(self.services.cache.update(key, self.services.clock.now(), update))
    }
}

/// The number that an entry holds.
fn number(entry: Option<&CacheEntry>) -> Checked<i64> {
    let Some(entry) = entry else { return Ok(0) };
    let no_number =
        || CacheRefusal::Invalid("the entry is not an integer of 64 bits, so it cannot be added to".to_owned());
    if entry.encoding != CacheEncoding::Cbor {
        return Err(no_number());
    }
    minicbor::decode(&entry.bytes).map_err(|_| no_number())
}

fn encoded(number: i64) -> Checked<Box<[u8]>> {
    let bytes = minicbor::to_vec(number).map_err(|error| CacheRefusal::Invalid(error.to_string()))?;
    Ok(bytes.into())
}

fn same(entry: Option<&CacheEntry>, expected: Option<&cache::Entry>) -> bool {
    match (entry, expected) {
        (None, None) => true,
        (Some(entry), Some(expected)) => {
            entry.encoding == CacheEncoding::from(expected.encoding) && *entry.bytes == *expected.bytes
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

impl cache::Host for HostState {
    fn get(
        &mut self,
        scope: cache::Scope,
        key: String,
    ) -> wasmtime::Result<Result<Option<cache::Entry>, cache::CacheError>> {
        let found = self.key(scope, &key).map(|key| self.look(&key));
        if let Ok(Some(entry)) = &found {
            self.debt.add(debt::BYTE, entry.bytes.len());
        }
        Ok(found.map(|entry| entry.map(Into::into)).map_err(Into::into))
    }

    fn put(
        &mut self,
        scope: cache::Scope,
        key: String,
        entry: cache::Entry,
        ttl: Option<u64>,
    ) -> wasmtime::Result<Result<(), cache::CacheError>> {
        // Whatever becomes of it: the guest's bytes are here.
        self.debt.add(debt::BYTE, entry.bytes.len());
        let change = self.key(scope, &key).and_then(|key| {
            let entry = Some(self.entry(&key, entry, ttl)?);
            Ok(CacheChange { key, entry })
        });
        Ok(match change {
            Ok(change) => self.change(change)?.map_err(Into::into),
            Err(refusal) => Err(refusal.into()),
        })
    }

    fn delete(&mut self, scope: cache::Scope, key: String) -> wasmtime::Result<Result<bool, cache::CacheError>> {
        let key = match self.key(scope, &key) {
            Ok(key) => key,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let existed = self.look(&key).is_some();
        let changed = self.change(CacheChange { key, entry: None })?;
        Ok(changed.map(|()| existed).map_err(Into::into))
    }

    fn increment(
        &mut self,
        scope: cache::Scope,
        key: String,
        by: i64,
        ttl: Option<u64>,
    ) -> wasmtime::Result<Result<i64, cache::CacheError>> {
        let key = match self.key(scope, &key) {
            Ok(key) => key,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let fresh_expires = self.expires(ttl);
        let updated = self.update((&key, COUNTER_BYTES.saturating_add(key.key.len())), &mut |current| {
            let sum = number(current)?.checked_add(by);
            let sum = sum.ok_or_else(|| CacheRefusal::Invalid("the sum does not fit into 64 bits".to_owned()))?;
            let expires = current.map_or(fresh_expires, |entry| entry.expires);
            Ok(CacheUpdate::Put(CacheEntry { encoding: CacheEncoding::Cbor, bytes: encoded(sum)?.into(), expires }))
        })?;
        Ok(updated.and_then(|entry| number(entry.as_ref())).map_err(Into::into))
    }

    fn compare_and_swap(
        &mut self,
        scope: cache::Scope,
        key: String,
        expected: Option<cache::Entry>,
        replacement: Option<cache::Entry>,
        ttl: Option<u64>,
    ) -> wasmtime::Result<Result<cache::Swap, cache::CacheError>> {
        let lifted = [&expected, &replacement].into_iter().flatten().map(|entry| entry.bytes.len()).sum();
        self.debt.add(debt::BYTE, lifted);
        let replaced = self.key(scope, &key).and_then(|key| {
            let replacement = replacement.map(|entry| self.entry(&key, entry, ttl)).transpose()?;
            Ok((key, replacement))
        });
        let (key, replacement) = match replaced {
            Ok(replaced) => replaced,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let mut unexpected = None;
        let change = CacheChange { key, entry: replacement };
        let (key, replacement) = (&change.key, &change.entry);
        let updated = self.update((key, change.byte_size()), &mut |current| {
            if same(current, expected.as_ref()) {
                unexpected = None;
                return Ok(replacement.clone().map_or(CacheUpdate::Remove, CacheUpdate::Put));
            }
            unexpected = Some(current.cloned());
            Ok(CacheUpdate::Keep)
        })?;
        if let Some(Some(entry)) = &unexpected {
            self.debt.add(debt::BYTE, entry.bytes.len());
        }
        Ok(match (updated, unexpected) {
            (Err(refusal), _) => Err(refusal.into()),
            (Ok(_), None) => Ok(cache::Swap::Swapped),
            (Ok(_), Some(current)) => Ok(cache::Swap::Unchanged(current.map(Into::into))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::cache::{CacheError, Encoding, Entry, Host, Scope, Swap};
    use crate::host::tests::{services, state};
    use crate::model::Limits;

    fn raw(bytes: &[u8]) -> Entry {
        Entry { encoding: Encoding::Raw, bytes: bytes.to_vec() }
    }

    fn get(state: &mut HostState, key: &str) -> Option<Vec<u8>> {
        state.get(Scope::Global, key.into()).unwrap().unwrap().map(|entry| entry.bytes)
    }

    #[test]
    fn what_a_run_puts_or_deletes_it_sees_and_nobody_else() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits::default());
        let mut other = state(&services, Effects::Real, &Limits::default());
        run.put(Scope::Global, "k".into(), raw(b"v"), None).unwrap().unwrap();
        assert_eq!((get(&mut run, "k"), get(&mut other, "k")), (Some(b"v".to_vec()), None));

        run.leave().cache.into_changes().into_iter().for_each(|change| services.cache.apply(change));
        assert!(other.delete(Scope::Global, "k".into()).unwrap().unwrap());
        assert_eq!(get(&mut other, "k"), None);
        assert_eq!(get(&mut state(&services, Effects::Real, &Limits::default()), "k"), Some(b"v".to_vec()));
    }

    #[test]
    fn an_update_for_which_there_is_no_room_has_no_effect() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits::default());
        let large = raw(&vec![0; 2 << 20]);
        let refused = run.compare_and_swap(Scope::Global, "k".into(), None, Some(large), None).unwrap();
        assert!(matches!(refused, Err(CacheError::Full(_))), "{refused:?}");
        assert_eq!(get(&mut run, "k"), None);
    }

    #[test]
    fn an_update_beyond_a_limit_stops_the_run_before_it_happens() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits { cache_entries: 1, ..Limits::default() });
        assert_eq!(run.increment(Scope::Global, "a".into(), 1, None).unwrap().unwrap(), 1);
        let stopped = run.increment(Scope::Global, "b".into(), 1, None).unwrap_err();
        assert_eq!(stopped.downcast_ref(), Some(&LimitReached(Limit::CacheEntries)));
        assert_eq!(get(&mut run, "b"), None);
    }

    #[test]
    fn a_counter_is_set_with_its_ttl_once_and_a_swap_says_what_it_found() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits::default());
        for (ttl, sum) in [(Some(5), 2), (Some(1_000), 4)] {
            assert_eq!(run.increment(Scope::Trigger, "n".into(), 2, ttl).unwrap().unwrap(), sum);
        }
        let scope = CacheScope::Trigger(run.trigger().unwrap().clone());
        let stored = services.cache.get(&CacheKey { scope, key: "n".into() }, Timestamp(0)).unwrap();
        assert_eq!(stored.expires, Some(Timestamp(5)));
        let swap = run.compare_and_swap(Scope::Trigger, "n".into(), Some(raw(b"x")), None, None).unwrap().unwrap();
        assert!(matches!(swap, Swap::Unchanged(Some(entry)) if entry.encoding == Encoding::Cbor));
    }

    #[test]
    fn a_run_for_trying_out_counts_for_itself_only() {
        let services = services();
        let mut dry = state(&services, Effects::Dry, &Limits::default());
        assert_eq!(dry.increment(Scope::Global, "n".into(), 1, None).unwrap().unwrap(), 1);
        assert_eq!(dry.increment(Scope::Global, "n".into(), 1, None).unwrap().unwrap(), 2);
        assert_eq!(get(&mut state(&services, Effects::Real, &Limits::default()), "n"), None);
    }
}
