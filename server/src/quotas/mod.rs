//! What tenants may own: how much of their quotas is used, and what is refused
//! because of that. Those about runs are the runtime's.

mod bounded;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tidegate::{Clock, DatabaseId, Quota, QuotaOverrides, Quotas, TenantId, Timestamp};
use tidegate_database::EmbeddedDatabase;

pub(crate) use bounded::Bounded;

/// For how long a measured size is taken for the true one, with what was written
/// since: to measure takes longer than to write a line.
const MEASURED_FOR: Duration = Duration::from_secs(1);

/// What tenants may own, and how much of it they do.
#[derive(Debug)]
pub(crate) struct Allowances {
    database: Arc<EmbeddedDatabase>,
    clock: Arc<dyn Clock>,
    tenants: Mutex<HashMap<TenantId, Allowance>>,
    /// Held while a database comes into being: several would be one too many.
    creating: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Allowance {
    quotas: Quotas,
    stored: Option<Stored>,
}

/// How much is stored.
#[derive(Debug, Clone, Copy)]
struct Stored {
    measured: Timestamp,
    bytes: u64,
}

/// A quota that is used up. It does not pass by waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exceeded {
    pub(crate) quota: Quota,
    pub(crate) allowed: u64,
}

/// Lets a write go on that may bring databases into being; others wait until it is
/// dropped.
pub(crate) struct Turn<'a>(#[expect(dead_code, reason = "held, not read")] Option<tokio::sync::MutexGuard<'a, ()>>);

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { quota, allowed } = self;
        let instead = match quota {
            Quota::Stored => "delete tables or databases, or keep rows for a shorter time",
            Quota::Databases => "delete databases",
            Quota::Triggers => "delete triggers",
            Quota::Plugins => "make the plugin smaller",
            // These pass by waiting, and the runtime tells of them.
            Quota::ConcurrentRuns
            | Quota::WaitingRuns
            | Quota::FuelPerSecond
            | Quota::Memory
            | Quota::Cache
            | Quota::LogPerSecond => "wait",
        };
        write!(
            f,
            "the tenant's quota is used up; {instead}, or ask an administrator to raise it with `tidegate update tenant \
             --quota {quota}=...`. quota=`{quota}` allowed=`{allowed}`"
        )
    }
}

impl Allowances {
    /// Those of the tenants of `database`, all as by default.
    pub(crate) fn new(database: Arc<EmbeddedDatabase>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { database, clock, tenants: Mutex::default(), creating: tokio::sync::Mutex::default() })
    }

    /// Where all of it is.
    pub(crate) fn database(&self) -> &Arc<EmbeddedDatabase> {
        &self.database
    }

    /// Sets what a tenant may own, and returns it with the quotas that the runtime
    /// knows.
    pub(crate) fn set(&self, tenant: &TenantId, overrides: &QuotaOverrides) -> Quotas {
        let quotas = Quotas::default().with(overrides);
        self.lock().entry(tenant.clone()).or_default().quotas = quotas.clone();
        quotas
    }

    /// How much of something a tenant may own.
    pub(crate) fn of(&self, tenant: &TenantId, quota: Quota) -> u64 {
        self.lock().entry(tenant.clone()).or_default().quotas.get(quota)
    }

    /// Whether a tenant that owns so much of something already may own one more.
    ///
    /// # Errors
    /// [`Exceeded`] if not.
    pub(crate) fn one_more(&self, tenant: &TenantId, quota: Quota, owned: usize) -> Result<(), Exceeded> {
        let allowed = self.of(tenant, quota);
        if wide(owned) < allowed { Ok(()) } else { Err(Exceeded { quota, allowed }) }
    }

    /// Whether so many bytes may be written to each of these databases, some of which
    /// may come into being by it.
    ///
    /// # Errors
    /// [`Exceeded`] if one of their tenants has no room for that.
    pub(crate) async fn admit<'a>(
        &self,
        written: impl Iterator<Item = (&'a DatabaseId, usize)> + Send,
    ) -> Result<Turn<'_>, Exceeded> {
        let mut new = HashMap::<&TenantId, Vec<&DatabaseId>>::new();
        for (database, bytes) in written {
            self.store(&database.tenant, wide(bytes))?;
            if !self.database.has_database(database) {
                new.entry(&database.tenant).or_default().push(database);
            }
        }
        if new.is_empty() {
            return Ok(Turn(None));
        }
        let turn = self.creating.lock().await;
        for (tenant, databases) in new {
            // Somebody else may have created them meanwhile.
            let more = databases.into_iter().filter(|database| !self.database.has_database(database)).count();
            let owned = self.database.databases(tenant).len();
            if let Some(last) = more.checked_sub(1) {
                self.one_more(tenant, Quota::Databases, owned.saturating_add(last))?;
            }
        }
        Ok(Turn(Some(turn)))
    }

    fn store(&self, tenant: &TenantId, bytes: u64) -> Result<(), Exceeded> {
        let now = self.clock.now();
        let mut tenants = self.lock();
        let allowance = tenants.entry(tenant.clone()).or_default();
        let fresh = allowance.stored.filter(|stored| now.since(stored.measured) < MEASURED_FOR);
        let stored = fresh.unwrap_or_else(|| Stored { measured: now, bytes: self.database.stored_bytes(tenant) });
        let after = Stored { bytes: stored.bytes.saturating_add(bytes), ..stored };
        let allowed = allowance.quotas.stored_bytes;
        if after.bytes > allowed {
            allowance.stored = Some(stored);
            return Err(Exceeded { quota: Quota::Stored, allowed });
        }
        allowance.stored = Some(after);
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TenantId, Allowance>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wide(amount: usize) -> u64 {
    u64::try_from(amount).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate::{DatabaseName, FakeClock};
    use tidegate_database::Settings;

    fn allowances(quota: Quota, amount: u64) -> (FakeClock, Arc<Allowances>) {
        let clock = FakeClock::new(Timestamp(0));
        let database = Arc::new(EmbeddedDatabase::new(Settings::default()).unwrap());
        let allowances = Allowances::new(database, Arc::new(clock.clone()));
        allowances.set(&tenant(), &QuotaOverrides::default().with(quota, amount));
        (clock, allowances)
    }

    fn tenant() -> TenantId {
        TenantId::new("acme").unwrap()
    }

    fn id(name: &str) -> DatabaseId {
        DatabaseId { tenant: tenant(), name: DatabaseName::new(name).unwrap() }
    }

    #[tokio::test]
    async fn no_more_is_written_than_may_be_stored() {
        let (clock, allowances) = allowances(Quota::Stored, 100);
        let database = id("a");
        allowances.database.create_database(&database);
        let admit = |bytes| allowances.admit([(&database, bytes)].into_iter());
        assert!(admit(60).await.is_ok() && admit(40).await.is_ok());
        let exceeded = admit(1).await.err().unwrap();
        assert_eq!((exceeded.quota, exceeded.allowed), (Quota::Stored, 100));
        assert!(exceeded.to_string().contains("delete tables or databases"), "{exceeded}");
        // What was never kept does not count for long.
        clock.advance(MEASURED_FOR);
        assert!(admit(60).await.is_ok());
        let others = DatabaseId::from(DatabaseName::new("a").unwrap());
        assert!(allowances.admit([(&others, 1_000)].into_iter()).await.is_ok());
    }

    #[tokio::test]
    async fn databases_come_into_being_as_long_as_there_may_be_more() {
        let (_, allowances) = allowances(Quota::Databases, 2);
        let [a, b, c] = ["a", "b", "c"].map(id);
        assert!(allowances.admit([(&a, 1), (&b, 1)].into_iter()).await.is_ok());
        assert!(allowances.admit([(&a, 1), (&b, 1), (&c, 1)].into_iter()).await.is_err());
        allowances.database.create_database(&a);
        allowances.database.create_database(&b);
        assert!(allowances.admit([(&a, 1), (&b, 1)].into_iter()).await.is_ok());
        assert_eq!(allowances.admit([(&c, 1)].into_iter()).await.err().unwrap().quota, Quota::Databases);
    }

    #[tokio::test]
    async fn two_databases_do_not_come_into_being_in_the_last_place() {
        let (_, allowances) = allowances(Quota::Databases, 1);
        let (a, b) = (id("a"), id("b"));
        let turn = allowances.admit([(&a, 1)].into_iter()).await;
        let other = allowances.admit([(&b, 1)].into_iter());
        let mut other = std::pin::pin!(other);
        assert!(futures::poll!(&mut other).is_pending());
        allowances.database.create_database(&a);
        drop(turn);
        assert!(other.await.is_err());
    }
}
