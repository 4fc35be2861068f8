//! What a plugin that is tried out runs in: a database of its own, and a
//! trigger that nobody sets off.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use tidegate::{
    Clock as _, DatabaseId, DatabaseName, Durability, Event, Log as _, Plugin, Position, ReadLimits, Runtime,
    SystemClock, TableBatch, TableFilter, Trigger, TriggerName, TriggerSpec,
};
use tidegate_database::{EmbeddedDatabase, Partial, Precision, Settings, WriteOptions};

use super::Common;
use crate::cli::output;
use crate::grants::{Granting, NamedGrants};
use crate::report::Report;
use crate::sandbox::artefacts;

/// What a plugin that is tried out runs in.
pub(super) struct Bench {
    database: Arc<EmbeddedDatabase>,
    runtime: Runtime,
    plugin: Plugin,
    /// Everything but when it runs.
    trigger: Trigger,
}

impl Bench {
    /// Loads the plugin and writes the rows that it is to find.
    pub(super) async fn set_up(common: &Common) -> anyhow::Result<Self> {
        let id = DatabaseId::from(DatabaseName::new(&common.database)?);
        let database = Arc::new(EmbeddedDatabase::new(Settings::default())?);
        database.create_database(&id);
        if common.lp.is_some() || common.file.is_some() {
            let lines = crate::cli::input::text(common.lp.clone(), common.file.clone())?;
            let options = WriteOptions {
                precision: Precision::Nanosecond,
                partial: Partial::Reject,
                time: SystemClock::default().now(),
                durability: Durability::Buffered,
            };
            database.write(&id, &lines, options).await?;
        }
        let sandbox = common.sandbox.open(Arc::clone(&database) as _, &artefacts())?;
        if let Some(missing) = sandbox.runners.missing_for(&common.filename) {
            anyhow::bail!(missing);
        }
        let runtime = sandbox.runtime;
        let plugin = runtime.load("test", common.filename.clone()).await?;
        let mut trigger = Trigger::new(TriggerName::new("test")?, id, TriggerSpec::Request("test".into()));
        for argument in &common.input_arguments {
            trigger = trigger.with_argument(&argument.name, &argument.value);
        }
        for limit in &common.limits {
            trigger = trigger.with_limit(limit.limit, limit.amount);
        }
        let granting = Granting::new(common.grants.clone(), common.sandbox.secrets()?).map_err(anyhow::Error::msg)?;
        trigger = trigger.with_grants(granting.grants(NamedGrants::default()).map_err(anyhow::Error::msg)?);
        Ok(Self { database, runtime, plugin, trigger })
    }

    /// The rows that were written, as a trigger would read them.
    pub(super) async fn rows(&self) -> anyhow::Result<Vec<TableBatch>> {
        let all = ReadLimits { rows: usize::MAX, bytes: usize::MAX };
        let wanted = TableFilter::default().and_all(self.trigger.id.database.clone());
        let read = self.database.log().read(Position::default(), &wanted, all).await?;
        Ok(read.rows.into_iter().map(|rows| Arc::unwrap_or_clone(rows.batch)).collect())
    }

    /// Runs the plugin once, commits nothing, and prints what it did.
    pub(super) async fn run(mut self, spec: TriggerSpec, event: Event) -> anyhow::Result<ExitCode> {
        self.trigger.spec = spec;
        let time = if let Event::Schedule(time) = event { Some(time) } else { None };
        let id = self.runtime.create_trigger_disabled(self.trigger, &self.plugin).await?;
        let outcome = self.runtime.dry_run(&id, event).await.context("the plugin could not be run")?;
        output::line(serde_json::to_string_pretty(&Report::of(&outcome, time))?)?;
        Ok(if outcome.error().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }
}
