//! The runtime as embedders see it.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::bindings::Entries;
use crate::builder::RuntimeBuilder;
use crate::database::{Commit, CursorChange, Database, DatabaseError, Durability, Position};
use crate::dispatch::{Active, DeadLetter, Dispatch, PluginSlot, TriggerStatus};
use crate::error::{Error, ErrorKind};
use crate::load::Runner;
use crate::memory_log::MemoryLog;
use crate::model::{
    DatabaseId, Event, Notice, Outcome, Quotas, Request, RunRecord, StartAt, TableBatch, TenantId, Trigger, TriggerId,
    TriggerSpec,
};
use crate::source::Language;

/// Runs triggers. Cheap to clone; all clones share one engine.
#[derive(Clone)]
pub struct Runtime(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) dispatch: Arc<Dispatch>,
    /// If the database has no log of its own.
    pub(crate) memory_log: Option<Arc<MemoryLog>>,
    pub(crate) runners: HashMap<Language, Runner>,
    pub(crate) plugins: RwLock<HashMap<String, Arc<PluginSlot>>>,
}

/// A plugin that is loaded: checked, compiled, ready to run.
#[derive(Debug, Clone)]
pub struct Plugin(pub(crate) Arc<PluginSlot>);

impl Plugin {
    /// The name that it was loaded under.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").field("dispatch", &self.0.dispatch).finish_non_exhaustive()
    }
}

impl Runtime {
    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Starts building a runtime over `database`, the one thing it cannot do
    /// without.
    pub fn builder(database: Arc<dyn Database>) -> RuntimeBuilder {
        RuntimeBuilder::new(database)
    }

    /// Starts running `plugin` whenever `trigger` says so.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidTrigger`] if the plugin lacks the entry point that
    /// the trigger needs; [`ErrorKind::AlreadyExists`] if its name or request
    /// path is taken.
    pub async fn create_trigger(&self, trigger: Trigger, plugin: &Plugin) -> Result<TriggerId, Error> {
        let active = self.register(trigger, plugin).await?;
        self.0.dispatch.enable(&active);
        Ok(active.trigger.id.clone())
    }

    /// As [`create_trigger`](Self::create_trigger), but the trigger waits until
    /// it is enabled.
    ///
    /// # Errors
    /// As of [`create_trigger`](Self::create_trigger).
    pub async fn create_trigger_disabled(&self, trigger: Trigger, plugin: &Plugin) -> Result<TriggerId, Error> {
        Ok(self.register(trigger, plugin).await?.trigger.id.clone())
    }

    async fn register(&self, trigger: Trigger, plugin: &Plugin) -> Result<Arc<Active>, Error> {
        check_entry_point(&trigger.spec, plugin.0.code().entries(), plugin.name())?;
        self.0.dispatch.check_limits(&trigger, &plugin.0)?;
        let log = &self.0.dispatch.log;
        let unavailable = |error: DatabaseError| {
            Error::new(ErrorKind::Unavailable, "the trigger's place in the log cannot be read").with_source(error)
        };
        let latest = || *log.head().borrow();
        let cursor = match trigger.start_at {
            StartAt::Latest => latest(),
            StartAt::Earliest => log.oldest(),
            StartAt::Resume => log.cursor(&trigger.id).await.map_err(unavailable)?.unwrap_or_else(latest),
        };
        let active = Arc::new(Active::new(trigger, Arc::clone(&plugin.0), cursor));
        self.0.dispatch.registry.insert(Arc::clone(&active))?;
        // At once, or a crash within the next second would forget its place.
        if matches!(active.trigger.spec, TriggerSpec::Write(_)) {
            self.keep_cursor(&active.trigger.id, CursorChange::Advance(cursor)).await?;
        }
        Ok(active)
    }

    /// Changes the definition of a trigger, or the plugin that it runs. It keeps
    /// its place in the log, its history and its cache, and goes on if it was
    /// enabled. A run in progress is given up: its event comes again.
    ///
    /// # Errors
    /// As of [`create_trigger`](Self::create_trigger), and [`ErrorKind::NotFound`]
    /// if there is none of this name. It goes on as it was then.
    pub async fn update_trigger(&self, trigger: Trigger, plugin: &Plugin) -> Result<(), Error> {
        check_entry_point(&trigger.spec, plugin.0.code().entries(), plugin.name())?;
        self.0.dispatch.check_limits(&trigger, &plugin.0)?;
        let dispatch = &self.0.dispatch;
        let old = dispatch.registry.get(&trigger.id)?;
        let reads_on = matches!((&old.trigger.spec, &trigger.spec), (TriggerSpec::Write(_), TriggerSpec::Write(_)));
        let cursor = if reads_on { old.cursor(dispatch.feed.position()) } else { *dispatch.log.head().borrow() };
        let new = Arc::new(Active::new(trigger, Arc::clone(&plugin.0), cursor));
        let old = dispatch.registry.replace(Arc::clone(&new))?;
        let was_enabled = old.is_enabled();
        dispatch.remove(&old).await;
        new.succeed(&old);
        if was_enabled {
            dispatch.enable(&new);
        }
        let change = if matches!(new.trigger.spec, TriggerSpec::Write(_)) {
            CursorChange::Advance(new.cursor(dispatch.feed.position()))
        } else {
            CursorChange::Forget
        };
        self.keep_cursor(&new.trigger.id, change).await
    }

    /// Removes a trigger with all that it remembers. A run in progress is given
    /// up, and nothing that it staged is kept.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub async fn remove_trigger(&self, id: &TriggerId) -> Result<(), Error> {
        let dispatch = &self.0.dispatch;
        let active = dispatch.registry.remove(id)?;
        dispatch.remove(&active).await;
        dispatch.services.cache.forget(id);
        if matches!(active.trigger.spec, TriggerSpec::Write(_)) {
            self.keep_cursor(id, CursorChange::Forget).await?;
        }
        Ok(())
    }

    async fn keep_cursor(&self, id: &TriggerId, change: CursorChange) -> Result<(), Error> {
        let services = &self.0.dispatch.services;
        let commit = Commit {
            origin: None,
            lines: [].into(),
            time: services.clock.now(),
            cursors: [(id.clone(), change)].into(),
            durability: Durability::Durable,
        };
        let unavailable = |error: DatabaseError| {
            Error::new(ErrorKind::Unavailable, "the trigger's place in the log cannot be kept").with_source(error)
        };
        services.database.commit(commit).await.map(|_| ()).map_err(unavailable)
    }

    /// Lets a trigger run, from where it was. Nothing changes if it does.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub fn enable_trigger(&self, id: &TriggerId) -> Result<(), Error> {
        let active = self.0.dispatch.registry.get(id)?;
        self.0.dispatch.enable(&active);
        Ok(())
    }

    /// Stops a trigger, which keeps its place in the log and loses its cache, as
    /// in InfluxDB 3. A run in progress is given up: its event comes again when
    /// the trigger is enabled.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none.
    pub fn disable_trigger(&self, id: &TriggerId) -> Result<(), Error> {
        let dispatch = &self.0.dispatch;
        dispatch.disable(&*dispatch.registry.get(id)?);
        dispatch.services.cache.forget(id);
        Ok(())
    }

    /// Sets what all triggers of a tenant may use together, from now on.
    pub fn set_quotas(&self, tenant: &TenantId, quotas: Quotas) {
        let services = &self.0.dispatch.services;
        services.cache.set_room(tenant, usize::try_from(quotas.cache_bytes).unwrap_or(usize::MAX));
        services.tenants.of(tenant).set_quotas(quotas);
        self.0.dispatch.sandbox.stir();
    }

    /// Forgets what the triggers of a tenant have put into the cache. Call it when
    /// the tenant is gone, with its triggers.
    pub fn forget_tenant(&self, tenant: &TenantId) {
        self.0.dispatch.services.cache.forget_tenant(tenant);
    }

    /// What all triggers of a tenant may use together.
    #[must_use]
    pub fn quotas(&self, tenant: &TenantId) -> Quotas {
        Quotas::clone(&self.0.dispatch.services.tenants.of(tenant).quotas())
    }

    /// All triggers of a tenant and how they fare, by database and name.
    #[must_use]
    pub fn triggers(&self, tenant: &TenantId) -> Vec<TriggerStatus> {
        let dispatch = &self.0.dispatch;
        let place = (dispatch.feed.position(), *dispatch.log.head().borrow());
        let all = dispatch.registry.all();
        all.iter().filter(|active| active.trigger.id.tenant() == tenant).map(|active| active.status(place)).collect()
    }

    /// The newest events that a trigger has set aside.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such trigger.
    pub fn dead_letters(&self, id: &TriggerId) -> Result<Vec<DeadLetter>, Error> {
        Ok(self.0.dispatch.registry.get(id)?.dead_letters())
    }

    /// Tells the runtime of rows that are now durable, for databases without a
    /// log of their own. Returns at once: the rows go to a bounded
    /// [`MemoryLog`], which triggers read at their own pace.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] if that log is full, [`ErrorKind::InvalidCall`]
    /// if the database has a log.
    pub fn rows_written(
        &self,
        database: &DatabaseId,
        batches: impl IntoIterator<Item = Arc<TableBatch>>,
    ) -> Result<Position, Error> {
        let Some(log) = &self.0.memory_log else {
            let message = "the database has a log of its own, from which triggers read";
            return Err(Error::new(ErrorKind::InvalidCall, message));
        };
        let rows = batches.into_iter().map(|batch| (database.clone(), batch));
        log.append(rows, None).map_err(|error| Error::new(ErrorKind::Overloaded, error.message))
    }

    /// The newest runs of a trigger, the last first.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is no such trigger.
    pub fn recent_runs(&self, id: &TriggerId) -> Result<Vec<Arc<RunRecord>>, Error> {
        Ok(self.0.dispatch.registry.get(id)?.recent_runs())
    }

    /// Runs a trigger now, beside the times at which it runs anyway. What it
    /// wrote is committed before this returns; dropping the future ends the run.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none; [`ErrorKind::InvalidCall`] if it
    /// is disabled, or waits for another kind of event, or for rows: those it reads
    /// from the log only.
    pub async fn run_now(&self, id: &TriggerId, event: Event) -> Result<Outcome, Error> {
        let active = self.0.dispatch.registry.get(id)?;
        let refused = |why: &str| Err(Error::new(ErrorKind::InvalidCall, format!("{why}. trigger=`{}`", id.name)));
        match (&active.trigger.spec, &event) {
            (TriggerSpec::Schedule(_), Event::Schedule(_)) | (TriggerSpec::Request(_), Event::Request(_)) => {}
            (TriggerSpec::Write(_), _) => return refused("a write trigger runs when rows are written; write some"),
            (TriggerSpec::Schedule(_) | TriggerSpec::Request(_), _) => {
                return refused("the trigger waits for another kind of event");
            }
        }
        if !active.is_enabled() {
            return refused("the trigger is disabled; enable it first");
        }
        self.0.dispatch.run_now(&active, event).await
    }

    /// Answers a request with the trigger that serves `path`. What it wrote is
    /// committed before this returns; dropping the future ends the run.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if no enabled trigger serves the path. That a
    /// plugin fails is no error but an [`Ending`](crate::Ending).
    pub async fn request(&self, tenant: &TenantId, path: &str, request: Request) -> Result<Outcome, Error> {
        self.0.dispatch.request(tenant, path, request).await
    }

    /// Runs one trigger now and returns all that it did, without committing
    /// anything; of requests to the outside only GET and HEAD are sent. For trying
    /// a trigger out, and for tests.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if there is none, [`ErrorKind::InvalidCall`] if
    /// its plugin does not take such events.
    pub async fn dry_run(&self, id: &TriggerId, event: Event) -> Result<Outcome, Error> {
        let active = self.0.dispatch.registry.get(id)?;
        let entries = active.plugin.code().entries();
        let takes = match event {
            Event::Write(_) => entries.on_write,
            Event::Schedule(_) => entries.on_schedule,
            Event::Request(_) => entries.on_request,
        };
        if !takes {
            return Err(Error::new(ErrorKind::InvalidCall, "the plugin does not take this kind of event"));
        }
        self.0.dispatch.dry_run(&active, event).await
    }

    /// As [`dry_run`](Self::dry_run), of a trigger that need not exist. What it
    /// puts into its cache is found by later trials of the same `name`, for half
    /// an hour unless it says otherwise, and by nobody else.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidTrigger`] if the plugin lacks the entry point that the
    /// trigger needs.
    pub async fn trial(
        &self,
        (trigger, plugin): (Trigger, &Plugin),
        event: Event,
        name: &str,
    ) -> Result<Outcome, Error> {
        check_entry_point(&trigger.spec, plugin.0.code().entries(), plugin.name())?;
        self.0.dispatch.check_limits(&trigger, &plugin.0)?;
        let active = Active::new(trigger, Arc::clone(&plugin.0), Position::default());
        self.0.dispatch.trial(&active, event, name).await
    }

    /// Hears what plugins say and how runs end, as it happens. A listener that
    /// is too slow misses the oldest notices and is told how many.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.0.dispatch.services.notices.subscribe()
    }

    /// Stops taking events, waits up to `grace` for runs to finish, then gives
    /// up the rest: their events come again.
    pub async fn shutdown(self, grace: Duration) {
        let dispatch = &self.0.dispatch;
        dispatch.closing.cancel();
        dispatch.tasks.close();
        // In real time: whoever shuts down wants an end whatever the clock says.
        if tokio::time::timeout(grace, dispatch.tasks.wait()).await.is_err() {
            tracing::warn!(?grace, "runs are given up");
        }
        dispatch.stop_all();
        let mut nothing_kept = BTreeMap::new();
        if tokio::time::timeout(grace, dispatch.keep_cursors(&mut nothing_kept, Durability::Durable)).await.is_err() {
            tracing::warn!("the last cursors are not kept");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Or what goes on in the background would keep everything alive.
        self.dispatch.closing.cancel();
        self.dispatch.stop_all();
    }
}

/// Whether a plugin with these entry points can be run on `spec`.
///
/// # Errors
/// [`ErrorKind::InvalidTrigger`] names the entry point that is missing.
pub(crate) fn check_entry_point(spec: &TriggerSpec, entries: Entries, plugin: &str) -> Result<(), Error> {
    let (has, entry_point) = match spec {
        TriggerSpec::Write(_) => (entries.on_write, "on-write (in Python, process_writes)"),
        TriggerSpec::Schedule(_) => (entries.on_schedule, "on-schedule (in Python, process_scheduled_call)"),
        TriggerSpec::Request(_) => (entries.on_request, "on-request (in Python, process_request)"),
    };
    if has {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::InvalidTrigger,
        format!(
            "the plugin lacks the entry point that this trigger needs: {entry_point}. plugin=`{plugin}` spec=`{spec}`"
        ),
    ))
}
