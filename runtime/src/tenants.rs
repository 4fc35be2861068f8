//! Each tenant's quotas, and what of them is used up.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::{Quotas, TenantId};

/// For how long a tenant may save what it does not use, to use it at once.
const SAVED: Duration = Duration::from_secs(10);

/// The accounts of all tenants that have run something.
#[derive(Debug, Default)]
pub(crate) struct Tenants(Mutex<HashMap<TenantId, Arc<Account>>>);

/// One tenant's quotas, and what of them is used up.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) tenant: TenantId,
    quotas: RwLock<Arc<Quotas>>,
    fuel: Mutex<Bucket>,
    log: Mutex<Bucket>,
}

impl Tenants {
    /// A tenant's account; it begins with the default quotas.
    pub(crate) fn of(&self, tenant: &TenantId) -> Arc<Account> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(account) = accounts.get(tenant) {
            return Arc::clone(account);
        }
        let account = Arc::new(Account::new(tenant.clone(), Quotas::default()));
        accounts.insert(tenant.clone(), Arc::clone(&account));
        account
    }
}

impl Account {
    fn new(tenant: TenantId, quotas: Quotas) -> Self {
        let (fuel, log) = (Bucket::full(quotas.fuel_per_second), Bucket::full(quotas.log_bytes_per_second));
        Self { tenant, quotas: RwLock::new(Arc::new(quotas)), fuel: Mutex::new(fuel), log: Mutex::new(log) }
    }

    /// Its quotas now.
    pub(crate) fn quotas(&self) -> Arc<Quotas> {
        Arc::clone(&self.quotas.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces its quotas. What is owed stays owed.
    pub(crate) fn set_quotas(&self, quotas: Quotas) {
        let now = Instant::now();
        lock(&self.fuel).set_rate(quotas.fuel_per_second, now);
        lock(&self.log).set_rate(quotas.log_bytes_per_second, now);
        *self.quotas.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(quotas);
    }

    /// Bills fuel, used already.
    pub(crate) fn bill_fuel(&self, fuel: u64) {
        if fuel > 0 {
            lock(&self.fuel).spend(fuel, Instant::now());
        }
    }

    /// How long it is until the tenant has fuel for another run; nothing if it
    /// has some.
    pub(crate) fn fuel_wait(&self) -> Option<Duration> {
        lock(&self.fuel).wait(Instant::now())
    }

    /// Takes room for log text, if there is some left.
    pub(crate) fn take_log(&self, bytes: usize) -> bool {
        let mut log = lock(&self.log);
        let now = Instant::now();
        let has_room = log.wait(now).is_none();
        if has_room {
            log.spend(u64::try_from(bytes).unwrap_or(u64::MAX), now);
        }
        has_room
    }
}

fn lock(bucket: &Mutex<Bucket>) -> MutexGuard<'_, Bucket> {
    bucket.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something that comes at a rate, is saved up to a bound, and may be overdrawn.
#[derive(Debug)]
struct Bucket {
    per_second: u64,
    level: i128,
    filled: Instant,
}

impl Bucket {
    fn full(per_second: u64) -> Self {
        Self { per_second, level: most(per_second), filled: Instant::now() }
    }

    fn set_rate(&mut self, per_second: u64, now: Instant) {
        self.fill(now);
        self.per_second = per_second;
        self.level = self.level.min(most(per_second));
    }

    fn spend(&mut self, amount: u64, now: Instant) {
        self.fill(now);
        self.level = self.level.saturating_sub(amount.into());
    }

    /// How long it is until there is something, if there is nothing.
    fn wait(&mut self, now: Instant) -> Option<Duration> {
        self.fill(now);
        let owed = u128::try_from(1_i128.saturating_sub(self.level)).ok().filter(|owed| *owed > 0)?;
        let nanos = owed.saturating_mul(1_000_000_000).checked_div(self.per_second.max(1).into()).unwrap_or(0);
        Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX).max(1)))
    }

    fn fill(&mut self, now: Instant) {
        let passed = i128::try_from(now.saturating_duration_since(self.filled).as_nanos()).unwrap_or(i128::MAX);
        let gained = passed.saturating_mul(self.per_second.into()).checked_div(1_000_000_000).unwrap_or(0);
        // What is less than one comes with the next look.
        if gained > 0 {
            self.filled = now;
            self.level = self.level.saturating_add(gained).min(most(self.per_second));
        }
    }
}

fn most(per_second: u64) -> i128 {
    i128::from(per_second).saturating_mul(SAVED.as_secs().into()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_is_bounded_and_what_is_owed_is_waited_for() {
        let mut bucket = Bucket::full(100);
        let start = bucket.filled;
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(bucket.wait(after(1_000)), None);
        bucket.spend(1_000, after(1_000));
        assert_eq!(bucket.wait(after(1_000)), Some(Duration::from_millis(10)), "ten seconds' worth and no more");
        bucket.spend(499, after(1_000));
        assert_eq!(bucket.wait(after(1_000)), Some(Duration::from_secs(5)));
        assert_eq!(bucket.wait(after(1_005)), None);
    }

    #[test]
    fn a_rate_of_nothing_gives_nothing_and_never_ends() {
        let mut bucket = Bucket::full(0);
        let now = bucket.filled;
        bucket.spend(5, now);
        assert!(bucket.wait(now + Duration::from_secs(1_000_000)).is_some());
    }

    #[test]
    fn a_tenant_keeps_its_debts_when_its_quotas_change() {
        let tenants = Tenants::default();
        let account = tenants.of(&TenantId::default_tenant());
        account.set_quotas(Quotas { fuel_per_second: 1_000, ..Quotas::default() });
        assert_eq!(account.fuel_wait(), None);
        account.bill_fuel(1_000_000);
        account.set_quotas(Quotas { fuel_per_second: 10, ..Quotas::default() });
        assert!(tenants.of(&TenantId::default_tenant()).fuel_wait().unwrap() > Duration::from_secs(90_000));
    }
}
