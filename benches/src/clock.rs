//! What has passed, on the wall and in all threads of this process.

use rustix::time::{ClockId, clock_gettime};

/// Nanoseconds on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passed {
    pub(crate) wall: u64,
    pub(crate) cpu: u64,
}

impl Passed {
    /// Both clocks now, to be subtracted from later.
    pub(crate) fn begin() -> Self {
        Self { wall: wall(), cpu: nanos(ClockId::ProcessCPUTime) }
    }

    /// What has passed since `begin`.
    pub(crate) fn end(self) -> Self {
        let now = Self::begin();
        Self { wall: now.wall - self.wall, cpu: now.cpu - self.cpu }
    }
}

/// Nanoseconds on the wall.
pub(crate) fn wall() -> u64 {
    nanos(ClockId::Monotonic)
}

fn nanos(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let part = |part: i64| u64::try_from(part).unwrap();
    part(time.tv_sec) * 1_000_000_000 + part(time.tv_nsec)
}
