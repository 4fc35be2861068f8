//! When does a trigger run?

mod active;
mod feed;
mod finish;
mod gather;
mod keeper;
mod registry;
mod requests;
mod retry;
mod schedule;
mod scheduled;
mod status;
mod written;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::database::{Log, ReadLimits};
use crate::error::{Error, ErrorKind};
use crate::host::{Effects, Principal, RunContext, Services};
use crate::model::{Ending, Event, Instances, Limit, Limits, Outcome, Trigger, TriggerSpec};
use crate::sandbox::{Code, Patience, Run, Sandbox};

pub(crate) use active::{Active, PluginSlot};
pub(crate) use feed::Feed;
pub(crate) use registry::Registry;
pub use status::{DeadLetter, TriggerState, TriggerStatus};

/// What one write event holds at most.
const EVENT: ReadLimits = ReadLimits { rows: 10_000, bytes: 4 << 20 };

/// For how long trials remember what they do not give a TTL, as in InfluxDB 3.
const TRIALS_REMEMBERED: Duration = Duration::from_secs(30 * 60);

/// What decides which trigger runs, and what becomes of its run.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) services: Arc<Services>,
    pub(crate) registry: Registry,
    pub(crate) log: Arc<dyn Log>,
    pub(crate) feed: Feed,
    pub(crate) limits: DefaultLimits,
    /// All that goes on in the background.
    pub(crate) tasks: TaskTracker,
    pub(crate) closing: CancellationToken,
    /// How many runs have begun.
    pub(crate) runs: AtomicU64,
}

/// What runs may use whose triggers say nothing else.
#[derive(Debug, Clone)]
pub(crate) struct DefaultLimits {
    pub(crate) writes: Limits,
    pub(crate) others: Limits,
}

impl Dispatch {
    /// Runs a trigger's plugin once.
    ///
    /// # Errors
    /// Our own only: what a guest does is in the outcome.
    async fn run(
        &self,
        active: &Active,
        (event, patience): (Arc<Event>, Patience),
        (depth, effects): (u8, Effects),
    ) -> Result<Outcome, Error> {
        let trigger = &active.trigger;
        let code = active.plugin.code();
        let limits = self.limits_of(trigger, &code).for_event(&event);
        // Importing its packages is no work for the event, unless its owner has counted it in.
        let load_fuel = if trigger.limits.sets(Limit::Fuel) { 0 } else { code.load_fuel() };
        let instances = match effects {
            Effects::Real => trigger.instances.clone(),
            // What a run leaves in its instance is an effect, too.
            Effects::Dry | Effects::Trial(_) => Instances::Fresh,
        };
        let run = Run {
            code,
            event,
            arguments: trigger.arguments.clone(),
            principal: Principal::Trigger {
                id: trigger.id.clone(),
                grants: Arc::clone(&trigger.grants),
                run: RunContext { number: self.next_run(), depth, effects },
            },
            limits,
            instances: (active.enabling(), instances),
            load_fuel,
            patience,
        };
        self.sandbox.run(run).await
    }

    /// What a run of `trigger` may use, before anything is added for its event.
    fn limits_of(&self, trigger: &Trigger, code: &Code) -> Limits {
        let defaults = match &trigger.spec {
            TriggerSpec::Write(_) => &self.limits.writes,
            TriggerSpec::Schedule(_) | TriggerSpec::Request(_) => &self.limits.others,
        };
        let limits = defaults.clone().with(&trigger.limits);
        let memory_bytes = if code.is_interpreted() { limits.runner_memory_bytes } else { limits.memory_bytes };
        Limits { memory_bytes, ..limits }
    }

    /// Says whether `plugin` can run within what `trigger` is allowed.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidTrigger`] if no run could even begin.
    pub(crate) fn check_limits(&self, trigger: &Trigger, plugin: &PluginSlot) -> Result<(), Error> {
        let code = plugin.code();
        let (needed, allowed) = (code.least_memory(), self.limits_of(trigger, &code).memory_bytes);
        if needed <= allowed {
            return Ok(());
        }
        let message = format!(
            "the plugin's memory begins with more than a run may have; allow the trigger more, or build the plugin \
             with less. limit=`{}` needed=`{needed}` allowed=`{allowed}`",
            Limit::Memory
        );
        Err(Error::new(ErrorKind::InvalidTrigger, message))
    }

    /// Starts what makes a trigger run.
    pub(crate) fn enable(self: &Arc<Self>, active: &Arc<Active>) {
        active.enable(|| {
            let (dispatch, driven) = (Arc::clone(self), Arc::clone(active));
            match &active.trigger.spec {
                TriggerSpec::Write(_) => Some(self.spawn(dispatch.drive_written(driven))),
                TriggerSpec::Schedule(schedule) => Some(self.spawn(dispatch.drive_scheduled(driven, schedule.clone()))),
                TriggerSpec::Request(_) => None,
            }
        });
    }

    /// Stops a trigger until it is enabled.
    pub(crate) fn disable(&self, active: &Active) {
        active.stop(TriggerState::Disabled, self.feed.position());
        self.sandbox.forget_warm(active.enabling());
    }

    /// Stops all triggers.
    pub(crate) fn stop_all(&self) {
        self.registry.all().iter().for_each(|active| self.disable(active));
    }

    /// Removes a trigger, and waits for a commit of its that is under way.
    pub(crate) async fn remove(&self, active: &Active) {
        active.remove(self.feed.position());
        let _done = active.committing.lock().await;
        self.sandbox.forget_warm(active.enabling());
    }

    /// Spawns something that goes on until the runtime closes.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.tasks.spawn_on(task, &self.services.tasks).abort_handle()
    }

    /// The number of a run that begins now.
    fn next_run(&self) -> u64 {
        self.runs.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// Runs a trigger without any effect.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(crate) async fn dry_run(&self, active: &Active, event: Event) -> Result<Outcome, Error> {
        let _token = self.tasks.token();
        self.run(active, (Arc::new(event), Patience::Refuse), (1, Effects::Dry)).await
    }

    /// Runs a trigger that need not exist, with the cache that trials called
    /// `name` share, and without any other effect.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(crate) async fn trial(&self, active: &Active, event: Event, name: &str) -> Result<Outcome, Error> {
        let _token = self.tasks.token();
        let outcome = self.run(active, (Arc::new(event), Patience::Refuse), (1, Effects::Trial(name.into()))).await?;
        if outcome.ending == Ending::Succeeded {
            let forgotten = self.services.clock.now().saturating_add(TRIALS_REMEMBERED);
            for mut change in outcome.cache.iter().cloned() {
                if let Some(entry) = &mut change.entry {
                    entry.expires.get_or_insert(forgotten);
                }
                self.services.cache.apply(change);
            }
        }
        Ok(outcome)
    }
}
