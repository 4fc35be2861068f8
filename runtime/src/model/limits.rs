//! What one run may use.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Event;

const MIB: usize = 1 << 20;

/// What one run may use. Every default is safe to run strangers' code under,
/// and there is no value that means unlimited.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Work, in fuel: about one per Wasm instruction, and what host calls
    /// cost besides. The same on every machine.
    pub fuel: u64,
    /// Fuel added for each row of the event.
    pub fuel_per_row: u64,
    /// Wall-clock time from before the instance is made until the commit is
    /// submitted, host calls included.
    pub deadline: Duration,
    /// Time added for each row of the event.
    pub deadline_per_row: Duration,
    /// All linear memories and tables of a component together.
    pub memory_bytes: usize,
    /// The same for a plugin that runs in a runner, which brings an
    /// interpreter along.
    pub runner_memory_bytes: usize,
    /// Log text kept. A run that logs sixteen times as much is stopped.
    pub log_bytes: usize,
    /// Line protocol staged or written at once.
    pub staged_bytes: usize,
    /// If that is more: so many bytes for each byte of the event.
    pub staged_bytes_per_event_byte: usize,
    /// Lines staged or written at once.
    pub staged_lines: usize,
    /// Calls of host functions, but for those that read files.
    pub host_calls: u64,
    /// Rows that all queries together hand out.
    pub query_rows: u64,
    /// Bytes that all queries together hand out.
    pub query_bytes: u64,
    /// Readers and other resources open at once.
    pub handles: usize,
    /// Bytes that one host call takes from the guest.
    pub lifted_bytes: usize,
    /// Requests sent to the outside.
    pub http_requests: u64,
    /// The body of one answer from the outside.
    pub http_response_bytes: usize,
    /// Cache entries put.
    pub cache_entries: usize,
    /// Bytes of cache entries put.
    pub cache_bytes: usize,
}

impl Default for Limits {
    /// For schedules and requests.
    fn default() -> Self {
        Self {
            fuel: 20_000_000_000,
            fuel_per_row: 0,
            deadline: Duration::from_secs(30),
            deadline_per_row: Duration::ZERO,
            memory_bytes: 64 * MIB,
            runner_memory_bytes: 128 * MIB,
            log_bytes: 64 << 10,
            staged_bytes: 16 * MIB,
            staged_bytes_per_event_byte: 4,
            staged_lines: 1_000_000,
            host_calls: 10_000,
            query_rows: 10_000_000,
            query_bytes: 64 << 20,
            handles: 1_000,
            lifted_bytes: 16 * MIB,
            http_requests: 100,
            http_response_bytes: 8 * MIB,
            cache_entries: 10_000,
            cache_bytes: 16 * MIB,
        }
    }
}

impl Limits {
    /// The defaults for written rows, which come often: less to begin with, and
    /// more with each row.
    #[must_use]
    pub fn for_writes() -> Self {
        Self {
            // What published plugins need that make a registry of units in each run.
            fuel: 5_000_000_000,
            fuel_per_row: 1_000_000,
            deadline: Duration::from_secs(10),
            deadline_per_row: Duration::from_micros(50),
            ..Self::default()
        }
    }

    /// These limits with what they add for `event` added.
    #[must_use]
    pub fn for_event(&self, event: &Event) -> Self {
        let rows = u32::try_from(event.rows()).unwrap_or(u32::MAX);
        let staged = event.byte_size().saturating_mul(self.staged_bytes_per_event_byte);
        Self {
            fuel: self.fuel.saturating_add(self.fuel_per_row.saturating_mul(rows.into())),
            fuel_per_row: 0,
            deadline: self.deadline.saturating_add(self.deadline_per_row.saturating_mul(rows)),
            deadline_per_row: Duration::ZERO,
            staged_bytes: self.staged_bytes.max(staged),
            staged_bytes_per_event_byte: 0,
            ..self.clone()
        }
    }

    /// These limits with some of them replaced. A replaced limit does not grow
    /// with the event.
    #[must_use]
    pub fn with(mut self, overrides: &LimitOverrides) -> Self {
        overrides.0.iter().for_each(|(limit, amount)| self.set(*limit, *amount));
        self
    }

    /// The amount of one limit, in its own unit.
    #[must_use]
    pub fn get(&self, limit: Limit) -> u64 {
        let wide = |amount: usize| u64::try_from(amount).unwrap_or(u64::MAX);
        match limit {
            Limit::Fuel => self.fuel,
            Limit::Deadline => u64::try_from(self.deadline.as_millis()).unwrap_or(u64::MAX),
            Limit::Memory => wide(self.memory_bytes),
            Limit::Log => wide(self.log_bytes),
            Limit::StagedBytes => wide(self.staged_bytes),
            Limit::StagedLines => wide(self.staged_lines),
            Limit::HostCalls => self.host_calls,
            Limit::QueryRows => self.query_rows,
            Limit::QueryBytes => self.query_bytes,
            Limit::Handles => wide(self.handles),
            Limit::LiftedBytes => wide(self.lifted_bytes),
            Limit::HttpRequests => self.http_requests,
            Limit::HttpResponseBytes => wide(self.http_response_bytes),
            Limit::CacheEntries => wide(self.cache_entries),
            Limit::CacheBytes => wide(self.cache_bytes),
        }
    }

    fn set(&mut self, limit: Limit, amount: u64) {
        let narrow = usize::try_from(amount).unwrap_or(usize::MAX);
        match limit {
            Limit::Fuel => (self.fuel, self.fuel_per_row) = (amount, 0),
            Limit::Deadline => {
                (self.deadline, self.deadline_per_row) = (Duration::from_millis(amount), Duration::ZERO);
            }
            Limit::Memory => (self.memory_bytes, self.runner_memory_bytes) = (narrow, narrow),
            Limit::Log => self.log_bytes = narrow,
            Limit::StagedBytes => (self.staged_bytes, self.staged_bytes_per_event_byte) = (narrow, 0),
            Limit::StagedLines => self.staged_lines = narrow,
            Limit::HostCalls => self.host_calls = amount,
            Limit::QueryRows => self.query_rows = amount,
            Limit::QueryBytes => self.query_bytes = amount,
            Limit::Handles => self.handles = narrow,
            Limit::LiftedBytes => self.lifted_bytes = narrow,
            Limit::HttpRequests => self.http_requests = amount,
            Limit::HttpResponseBytes => self.http_response_bytes = narrow,
            Limit::CacheEntries => self.cache_entries = narrow,
            Limit::CacheBytes => self.cache_bytes = narrow,
        }
    }
}

/// One of the [`Limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Limit {
    /// [`Limits::fuel`].
    Fuel,
    /// [`Limits::deadline`], in milliseconds.
    Deadline,
    /// [`Limits::memory_bytes`].
    Memory,
    /// [`Limits::log_bytes`].
    Log,
    /// [`Limits::staged_bytes`].
    StagedBytes,
    /// [`Limits::staged_lines`].
    StagedLines,
    /// [`Limits::host_calls`].
    HostCalls,
    /// [`Limits::query_rows`].
    QueryRows,
    /// [`Limits::query_bytes`].
    QueryBytes,
    /// [`Limits::handles`].
    Handles,
    /// [`Limits::lifted_bytes`].
    LiftedBytes,
    /// [`Limits::http_requests`].
    HttpRequests,
    /// [`Limits::http_response_bytes`].
    HttpResponseBytes,
    /// [`Limits::cache_entries`].
    CacheEntries,
    /// [`Limits::cache_bytes`].
    CacheBytes,
}

impl Limit {
    /// All of them, in the order in which people are shown them.
    pub const ALL: [Self; 15] = [
        Self::Fuel,
        Self::Deadline,
        Self::Memory,
        Self::Log,
        Self::StagedBytes,
        Self::StagedLines,
        Self::HostCalls,
        Self::QueryRows,
        Self::QueryBytes,
        Self::Handles,
        Self::LiftedBytes,
        Self::HttpRequests,
        Self::HttpResponseBytes,
        Self::CacheEntries,
        Self::CacheBytes,
    ];

    /// What it is called in settings and texts, its unit included.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fuel => "fuel",
            Self::Deadline => "deadline_ms",
            Self::Memory => "memory_bytes",
            Self::Log => "log_bytes",
            Self::StagedBytes => "staged_bytes",
            Self::StagedLines => "staged_lines",
            Self::HostCalls => "host_calls",
            Self::QueryRows => "query_rows",
            Self::QueryBytes => "query_bytes",
            Self::Handles => "handles",
            Self::LiftedBytes => "lifted_bytes",
            Self::HttpRequests => "http_requests",
            Self::HttpResponseBytes => "http_response_bytes",
            Self::CacheEntries => "cache_entries",
            Self::CacheBytes => "cache_bytes",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Limit {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|limit| limit.name() == name)
            .ok_or_else(|| format!("no such limit. name=`{name}` known=`{}`", Self::ALL.map(Self::name).join(", ")))
    }
}

/// Limits that a trigger sets for itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitOverrides(BTreeMap<Limit, u64>);

impl LimitOverrides {
    /// These overrides with one more, in the limit's own unit.
    #[must_use]
    pub fn with(mut self, limit: Limit, amount: u64) -> Self {
        self.0.insert(limit, amount);
        self
    }

    /// Whether a limit is set.
    #[must_use]
    pub fn sets(&self, limit: Limit) -> bool {
        self.0.contains_key(&limit)
    }

    /// Each limit that is set, with its amount.
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> {
        self.0.iter().map(|(limit, amount)| (*limit, *amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_can_be_set_and_read_by_its_name() {
        for limit in Limit::ALL {
            let named: Limit = limit.name().parse().unwrap();
            let limits = Limits::for_writes().with(&LimitOverrides::default().with(named, 7));
            assert_eq!(limits.get(limit), 7, "{limit}");
        }
        assert!("time".parse::<Limit>().unwrap_err().contains("deadline_ms"));
    }

    #[test]
    fn a_limit_that_a_trigger_sets_does_not_grow_with_the_event() {
        let limits = Limits::for_writes().with(&LimitOverrides::default().with(Limit::Fuel, 5));
        assert_eq!(limits.for_event(&Event::Write(Vec::new())).fuel, 5);
    }
}
