//! The only place that reads the machine's time.
#![allow(clippy::disallowed_methods, reason = "everybody else asks the Clock that is defined here")]

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::model::Timestamp;

/// Where the runtime's time comes from.
///
/// Deadlines alone are measured in real time whatever the clock says: a guest
/// that spins uses up real time.
#[async_trait]
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The time of day, which may jump.
    fn now(&self) -> Timestamp;

    /// Time since some moment before the clock was first asked, which never
    /// goes back.
    fn elapsed(&self) -> Duration;

    /// Waits until `duration` has passed on this clock.
    async fn sleep(&self, duration: Duration);
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_nanos()).unwrap_or(i64::MAX))
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// A clock for tests: it stands still until it is told to go on.
#[derive(Debug, Clone)]
pub struct FakeClock {
    start: Timestamp,
    now: Arc<Mutex<Timestamp>>,
    changed: watch::Sender<()>,
}

impl FakeClock {
    /// A clock that stands at `now`.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self { start: now, now: Arc::new(Mutex::new(now)), changed: watch::Sender::new(()) }
    }

    /// How many wait for time to pass.
    #[must_use]
    pub fn sleepers(&self) -> usize {
        self.changed.receiver_count()
    }

    /// Goes on by `duration` and wakes whoever was waiting for that.
    pub fn advance(&self, duration: Duration) {
        {
            let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
            *now = now.saturating_add(duration);
        }
        self.changed.send_replace(());
    }
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.now().since(self.start)
    }

    async fn sleep(&self, duration: Duration) {
        let due = self.now().saturating_add(duration);
        let mut changed = self.changed.subscribe();
        while self.now() < due {
            if changed.changed().await.is_err() {
                return;
            }
        }
    }
}
