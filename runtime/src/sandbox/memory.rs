//! One limit over all memories and tables of a run together.

use wasmtime::ResourceLimiter;

use crate::host::LimitReached;
use crate::model::Limit;

/// What a run's memories and tables take together, and what the host holds for
/// the guest.
#[derive(Debug)]
pub(crate) struct Memory {
    used: usize,
    held: usize,
    peak: usize,
    allowed: usize,
    /// The last growth, taken back if it fails.
    growth: usize,
}

/// What one element of a table takes in the host.
const ELEMENT_BYTES: usize = size_of::<usize>();

impl Memory {
    pub(crate) fn new(allowed: usize) -> Self {
        Self { used: 0, held: 0, peak: 0, allowed, growth: 0 }
    }

    /// Makes it the limit of another run in the same memories.
    pub(crate) fn renew(&mut self, allowed: usize) {
        (self.peak, self.held, self.allowed) = (self.used, 0, allowed);
    }

    /// What is used now.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// The most that was used at once.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    /// Counts what the host holds for the guest now: staged lines, cache entries,
    /// rows of results, log text.
    ///
    /// # Errors
    /// If both together are too much.
    pub(crate) fn hold(&mut self, held: usize) -> Result<(), LimitReached> {
        self.held = held;
        self.check(self.used)
    }

    fn grow(&mut self, by: usize) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(by);
        // A trap, not a failed growth: interpreters turn that into exceptions which
        // plugins may catch and go on.
        self.check(used)?;
        (self.used, self.growth) = (used, by);
        Ok(true)
    }

    fn check(&mut self, used: usize) -> Result<(), LimitReached> {
        let sum = used.saturating_add(self.held);
        self.peak = self.peak.max(sum.min(self.allowed));
        if sum > self.allowed { Err(LimitReached(Limit::Memory)) } else { Ok(()) }
    }

    fn take_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.growth));
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current).saturating_mul(ELEMENT_BYTES))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_and_tables_share_one_limit() {
        let mut memory = Memory::new(1_000);
        assert!(memory.memory_growing(0, 600, None).unwrap());
        assert!(memory.table_growing(0, 40, None).unwrap());
        let error = memory.memory_growing(0, 100, None).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&LimitReached(Limit::Memory)));
    }

    #[test]
    fn what_the_host_holds_counts_as_if_the_guest_had_it() {
        let mut memory = Memory::new(1_000);
        assert!(memory.memory_growing(0, 600, None).unwrap());
        memory.hold(400).unwrap();
        assert_eq!(memory.peak(), 1_000);
        assert!(memory.memory_growing(600, 601, None).is_err());
        memory.hold(0).unwrap();
        assert!(memory.memory_growing(600, 1_000, None).unwrap());
        assert_eq!(memory.hold(1), Err(LimitReached(Limit::Memory)));
    }

    #[test]
    fn a_growth_that_fails_is_not_counted() {
        let mut memory = Memory::new(1_000);
        assert!(memory.memory_growing(0, 900, None).unwrap());
        memory.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert!(memory.memory_growing(0, 900, None).unwrap());
    }
}
