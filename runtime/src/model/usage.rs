//! What one run has used.

use std::time::Duration;

use super::Limit;

/// What one run has used, measured against [`Limits`](super::Limits).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Usage {
    /// Fuel, host calls included. After a trap it includes all that the guest
    /// may have used since it was last looked at.
    pub fuel: u64,
    /// Wall-clock time, the wait for a free instance not included.
    pub wall: Duration,
    /// CPU time of the guest.
    pub guest_cpu: Duration,
    /// CPU time of the host on the guest's behalf, on the guest's thread.
    pub host_cpu: Duration,
    /// CPU time of its queries, on other threads.
    pub query_cpu: Duration,
    /// The most that all memories and tables had together.
    pub peak_memory_bytes: usize,
    /// Rows that the event brought.
    pub rows: usize,
    /// Log text kept.
    pub log_bytes: usize,
    /// Line protocol staged or written at once.
    pub staged_bytes: usize,
    /// Lines staged or written at once.
    pub staged_lines: usize,
    /// Calls of host functions.
    pub host_calls: u64,
    /// Rows that queries handed out.
    pub query_rows: u64,
    /// Bytes that queries handed out.
    pub query_bytes: u64,
    /// Requests sent to the outside.
    pub http_requests: u64,
    /// Cache entries put.
    pub cache_entries: usize,
    /// Bytes of cache entries put.
    pub cache_bytes: usize,
}

impl Usage {
    /// All CPU time that the run took.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        self.guest_cpu.saturating_add(self.host_cpu).saturating_add(self.query_cpu)
    }

    /// How much of `limit` was used, in its unit; nothing where only the
    /// moment of excess is known.
    #[must_use]
    pub fn get(&self, limit: Limit) -> Option<u64> {
        let wide = |amount: usize| u64::try_from(amount).ok();
        match limit {
            Limit::Fuel => Some(self.fuel),
            Limit::Deadline => u64::try_from(self.wall.as_millis()).ok(),
            Limit::Memory => wide(self.peak_memory_bytes),
            Limit::Log => wide(self.log_bytes),
            Limit::StagedBytes => wide(self.staged_bytes),
            Limit::StagedLines => wide(self.staged_lines),
            Limit::HostCalls => Some(self.host_calls),
            Limit::QueryRows => Some(self.query_rows),
            Limit::QueryBytes => Some(self.query_bytes),
            Limit::HttpRequests => Some(self.http_requests),
            Limit::CacheEntries => wide(self.cache_entries),
            Limit::CacheBytes => wide(self.cache_bytes),
            Limit::Handles | Limit::LiftedBytes | Limit::HttpResponseBytes => None,
        }
    }
}
