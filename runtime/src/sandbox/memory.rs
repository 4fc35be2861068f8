//! One limit over all memories and tables of a run together.

use wasmtime::ResourceLimiter;

use crate::host::LimitReached;
use crate::model::Limit;

/// What a run's memories and tables take together.
#[derive(Debug)]
pub(crate) struct Memory {
    used: usize,
    peak: usize,
    allowed: usize,
    /// The last growth, taken back if it fails.
    growth: usize,
}

/// What one element of a table takes in the host.
const ELEMENT_BYTES: usize = size_of::<usize>();

impl Memory {
    pub(crate) fn new(allowed: usize) -> Self {
        Self { used: 0, peak: 0, allowed, growth: 0 }
    }

    /// Makes it the limit of another run in the same memories.
    pub(crate) fn renew(&mut self, allowed: usize) {
        (self.peak, self.allowed) = (self.used, allowed);
    }

    /// What is used now.
    pub(crate) fn used(&self) -> usize {
        self.used
    }

    /// The most that was used at once.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }

    fn grow(&mut self, by: usize) -> wasmtime::Result<bool> {
        let used = self.used.saturating_add(by);
        if used > self.allowed {
            // A trap, not a failed growth: interpreters turn that into
            // exceptions which plugins may catch and go on.
            self.peak = self.allowed;
            return Err(LimitReached(Limit::Memory).into());
        }
        (self.used, self.growth) = (used, by);
        self.peak = self.peak.max(used);
        Ok(true)
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
    fn a_growth_that_fails_is_not_counted() {
        let mut memory = Memory::new(1_000);
        assert!(memory.memory_growing(0, 900, None).unwrap());
        memory.memory_grow_failed(wasmtime::Error::msg("no")).unwrap();
        assert!(memory.memory_growing(0, 900, None).unwrap());
    }
}
