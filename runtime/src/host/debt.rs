//! What host calls cost, in fuel: about what they cost in the host's CPU.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a guest owes for host work since it was last charged. All clones are
/// the same account.
#[derive(Debug, Clone, Default)]
pub(crate) struct Debt(Arc<Account>);

#[derive(Debug, Default)]
struct Account {
    owed: AtomicU64,
    file_calls: AtomicU64,
}

/// Any host call: into the host and back, looks at clocks, charging.
pub(crate) const CALL: u64 = 2_000;
/// A byte copied in or out, whatever for.
pub(super) const BYTE: u64 = 1;
/// A line of line protocol checked and staged.
pub(super) const LINE: u64 = 2_000;
/// A query, beside the CPU time that it takes.
pub(super) const QUERY: u64 = 200_000;
/// A row of a query's result.
pub(super) const QUERY_ROW: u64 = 500;
/// A request to the outside: a connection, and TLS.
pub(super) const HTTP: u64 = 5_000_000;
/// A log entry kept and shown.
pub(super) const LOG_ENTRY: u64 = 2_000;
/// A cache operation.
pub(super) const CACHE: u64 = 2_000;
/// A file or folder looked up.
pub(super) const FILE: u64 = 2_000;
/// An entry of a folder that is listed.
pub(super) const FOLDER_ENTRY: u64 = 500;

/// A nanosecond of CPU time: of a query, of a commit, of a compiler.
const CPU_NANOSECOND: u64 = 5;

/// What so much CPU time costs.
pub(crate) fn of_cpu(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX).saturating_mul(CPU_NANOSECOND)
}

/// How much CPU time `fuel` pays for.
pub(super) fn cpu_for(fuel: u64) -> Duration {
    Duration::from_nanos(fuel / CPU_NANOSECOND)
}

impl Debt {
    /// Adds what so much CPU time costs.
    pub(super) fn add_cpu(&self, time: Duration) {
        self.add(of_cpu(time), 1);
    }

    /// Adds `count` times `price`.
    pub(crate) fn add(&self, price: u64, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let more = price.saturating_mul(count);
        // One run is on one thread at a time.
        self.0.owed.store(self.0.owed.load(Ordering::Relaxed).saturating_add(more), Ordering::Relaxed);
    }

    /// What is owed; nothing is owed afterwards.
    pub(crate) fn settle(&self) -> u64 {
        self.0.owed.swap(0, Ordering::Relaxed)
    }

    /// Begins the account of another run, for all who have it.
    pub(crate) fn renew(&self) {
        self.0.owed.store(0, Ordering::Relaxed);
        self.0.file_calls.store(0, Ordering::Relaxed);
    }

    /// Notes that the host call under way is one for files. These are paid for
    /// and not counted: importing a package takes thousands.
    pub(super) fn note_file_call(&self) {
        self.0.file_calls.fetch_add(1, Ordering::Relaxed);
    }

    /// How many of those there were.
    pub(crate) fn file_calls(&self) -> u64 {
        self.0.file_calls.load(Ordering::Relaxed)
    }
}
