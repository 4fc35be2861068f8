//! What host calls cost, in fuel: about what they cost in the host's CPU.

/// What a guest owes for host work since it was last charged.
#[derive(Debug, Default)]
pub(crate) struct Debt(u64);

/// Any host call: into the host and back, looks at clocks, charging.
pub(crate) const CALL: u64 = 2_000;
/// A byte copied in or out, whatever for.
pub(super) const BYTE: u64 = 1;
/// A line of line protocol checked and staged.
pub(super) const LINE: u64 = 2_000;
/// A query planned.
pub(super) const QUERY: u64 = 2_000_000;
/// A row of a query's result.
pub(super) const QUERY_ROW: u64 = 500;
/// A log entry kept and shown.
pub(super) const LOG_ENTRY: u64 = 2_000;
/// A cache operation.
pub(super) const CACHE: u64 = 2_000;

impl Debt {
    /// Adds `count` times `price`.
    pub(crate) fn add(&mut self, price: u64, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.0 = self.0.saturating_add(price.saturating_mul(count));
    }

    /// What is owed; nothing is owed afterwards.
    pub(crate) fn settle(&mut self) -> u64 {
        std::mem::take(&mut self.0)
    }
}
