//! What the queries of a run cost while they are on their way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::{LimitReached, debt};
use crate::bindings::Held;
use crate::cpu_meter::CpuMeter;
use crate::model::Limit;

/// How often a query is looked at that may cost more than its run can pay.
const LOOK: Duration = Duration::from_millis(20);

/// What all queries of a store do: they are one account, whichever task or thread
/// works for them.
#[derive(Debug, Default)]
pub(crate) struct QueryWork {
    meter: CpuMeter,
    /// CPU time, in nanoseconds, that may be used in all.
    allowed: Arc<AtomicU64>,
    /// What of it is billed, and what was before the run under way.
    billed: Duration,
    earlier: Duration,
    pub(super) held: Held,
}

impl QueryWork {
    /// Begins the account of another run.
    pub(super) fn renew(&mut self) {
        (self.billed, self.earlier) = (self.meter.used(), self.meter.used());
    }

    /// CPU time of the run's queries.
    pub(crate) fn used(&self) -> Duration {
        self.meter.used().saturating_sub(self.earlier)
    }

    /// What readers hold.
    pub(crate) fn held_bytes(&self) -> usize {
        self.held.bytes()
    }

    /// Lets queries go on for as long as `fuel` lasts.
    pub(super) fn allow(&self, fuel: u64) {
        let allowed = self.billed.saturating_add(debt::cpu_for(fuel));
        self.allowed.store(u64::try_from(allowed.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Bills what was used since it was last billed.
    ///
    /// # Errors
    /// If that is more than was allowed.
    pub(super) fn pay(&mut self, debt: &debt::Debt) -> Result<(), LimitReached> {
        self.bill(debt);
        if is_overdrawn(&self.meter, &self.allowed) { Err(LimitReached(Limit::Fuel)) } else { Ok(()) }
    }

    /// Bills what was used since it was last billed.
    pub(super) fn bill(&mut self, debt: &debt::Debt) {
        let used = self.meter.used();
        debt.add_cpu(used.saturating_sub(self.billed));
        self.billed = used;
    }

    /// Counts `query`, and gives it up once it costs more than is allowed.
    pub(super) fn within_means<F: Future<Output = ()>>(&self, query: F) -> impl Future<Output = ()> + use<F> {
        let (meter, allowed) = (self.meter.clone(), Arc::clone(&self.allowed));
        let counted = meter.count(query);
        async move {
            tokio::select! {
                () = counted => {}
                () = overdrawn(&meter, &allowed) => {}
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "CPU time passes whatever the clock says")]
async fn overdrawn(meter: &CpuMeter, allowed: &AtomicU64) {
    while !is_overdrawn(meter, allowed) {
        tokio::time::sleep(LOOK).await;
    }
}

fn is_overdrawn(meter: &CpuMeter, allowed: &AtomicU64) -> bool {
    meter.used() > Duration::from_nanos(allowed.load(Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Debt;

    fn spin(time: Duration) {
        let begun = CpuMeter::default();
        while begun.used() < time {
            begun.count_blocking(|| std::hint::black_box((0..1_000).sum::<u64>()));
        }
    }

    #[tokio::test]
    async fn a_query_that_nobody_can_pay_for_is_given_up_and_billed() {
        let mut work = QueryWork::default();
        work.allow(debt::of_cpu(Duration::from_millis(60)));
        let query = async {
            loop {
                spin(Duration::from_millis(1));
                tokio::task::yield_now().await;
            }
        };
        work.within_means(query).await;
        let debt = Debt::default();
        assert_eq!(work.pay(&debt), Err(LimitReached(Limit::Fuel)));
        assert_eq!(debt.settle(), debt::of_cpu(work.used()));
        assert!(work.used() >= Duration::from_millis(60), "{work:?}");
        work.renew();
        assert_eq!(work.used(), Duration::ZERO);
    }
}
