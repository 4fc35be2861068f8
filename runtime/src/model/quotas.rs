//! What all triggers of one tenant may use together.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What all triggers of one tenant may use together. Every default is safe to
/// run strangers' code under, and there is no value that means unlimited.
///
/// The runtime enforces those that are about runs; what a tenant may have of
/// databases, triggers and plugins is up to whoever stores them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas {
    /// Runs in progress at once.
    pub concurrent_runs: u64,
    /// Runs that wait for their turn.
    pub waiting_runs: u64,
    /// Fuel that all runs use on average. Ten seconds of it may be used at once.
    pub fuel_per_second: u64,
    /// The memory limits of all runs in progress, and of the instances that are
    /// kept for later ones.
    pub memory_bytes: u64,
    /// What triggers remember in the cache.
    pub cache_bytes: u64,
    /// Log text of all runs, on average. Ten seconds of it may come at once.
    pub log_bytes_per_second: u64,
    /// Rows in databases.
    pub stored_bytes: u64,
    /// Databases.
    pub databases: u64,
    /// Triggers, enabled or not.
    pub triggers: u64,
    /// Files of plugins.
    pub plugin_bytes: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            concurrent_runs: 48,
            waiting_runs: 10_000,
            // Some ten cores' worth.
            fuel_per_second: 100_000_000_000,
            memory_bytes: 8 * GIB,
            cache_bytes: 64 * MIB,
            log_bytes_per_second: MIB,
            stored_bytes: 256 * GIB,
            databases: 1_000,
            triggers: 10_000,
            plugin_bytes: GIB,
        }
    }
}

impl Quotas {
    /// These quotas with some of them replaced.
    #[must_use]
    pub fn with(mut self, overrides: &QuotaOverrides) -> Self {
        overrides.0.iter().for_each(|(quota, amount)| *self.place(*quota) = *amount);
        self
    }

    /// The amount of one quota, in its own unit.
    #[must_use]
    pub fn get(&self, quota: Quota) -> u64 {
        *self.clone().place(quota)
    }

    fn place(&mut self, quota: Quota) -> &mut u64 {
        match quota {
            Quota::ConcurrentRuns => &mut self.concurrent_runs,
            Quota::WaitingRuns => &mut self.waiting_runs,
            Quota::FuelPerSecond => &mut self.fuel_per_second,
            Quota::Memory => &mut self.memory_bytes,
            Quota::Cache => &mut self.cache_bytes,
            Quota::LogPerSecond => &mut self.log_bytes_per_second,
            Quota::Stored => &mut self.stored_bytes,
            Quota::Databases => &mut self.databases,
            Quota::Triggers => &mut self.triggers,
            Quota::Plugins => &mut self.plugin_bytes,
        }
    }
}

/// One of the [`Quotas`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quota {
    /// [`Quotas::concurrent_runs`].
    ConcurrentRuns,
    /// [`Quotas::waiting_runs`].
    WaitingRuns,
    /// [`Quotas::fuel_per_second`].
    FuelPerSecond,
    /// [`Quotas::memory_bytes`].
    Memory,
    /// [`Quotas::cache_bytes`].
    Cache,
    /// [`Quotas::log_bytes_per_second`].
    LogPerSecond,
    /// [`Quotas::stored_bytes`].
    Stored,
    /// [`Quotas::databases`].
    Databases,
    /// [`Quotas::triggers`].
    Triggers,
    /// [`Quotas::plugin_bytes`].
    Plugins,
}

impl Quota {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 10] = [
        Self::ConcurrentRuns,
        Self::WaitingRuns,
        Self::FuelPerSecond,
        Self::Memory,
        Self::Cache,
        Self::LogPerSecond,
        Self::Stored,
        Self::Databases,
        Self::Triggers,
        Self::Plugins,
    ];

    /// What it is called in settings and texts, its unit included.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ConcurrentRuns => "concurrent_runs",
            Self::WaitingRuns => "waiting_runs",
            Self::FuelPerSecond => "fuel_per_second",
            Self::Memory => "memory_bytes",
            Self::Cache => "cache_bytes",
            Self::LogPerSecond => "log_bytes_per_second",
            Self::Stored => "stored_bytes",
            Self::Databases => "databases",
            Self::Triggers => "triggers",
            Self::Plugins => "plugin_bytes",
        }
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quota {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|quota| quota.name() == name)
            .ok_or_else(|| format!("no such quota. name=`{name}` known=`{}`", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Quotas that are set for a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QuotaOverrides(BTreeMap<Quota, u64>);

impl QuotaOverrides {
    /// These overrides with one more, in the quota's own unit.
    #[must_use]
    pub fn with(mut self, quota: Quota, amount: u64) -> Self {
        self.0.insert(quota, amount);
        self
    }

    /// Each quota that is set, with its amount.
    pub fn iter(&self) -> impl Iterator<Item = (Quota, u64)> {
        self.0.iter().map(|(quota, amount)| (*quota, *amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_quota_can_be_set_and_read_by_its_name() {
        for quota in Quota::ALL {
            let named: Quota = quota.name().parse().unwrap();
            let quotas = Quotas::default().with(&QuotaOverrides::default().with(named, 7));
            assert_eq!(quotas.get(quota), 7, "{quota}");
        }
        assert!("memory".parse::<Quota>().unwrap_err().contains("memory_bytes"));
    }
}
