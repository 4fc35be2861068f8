//! Runs plugins, and tells what became of them.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use tidegate::{
    Column, ColumnValues, Database, DatabaseId, Durability, Event, FakeClock, LogEntry, Notice, Outcome, Parameters,
    PluginSource, QueryResult, Request, RunRecord, Runtime, TenantId, Trigger, TriggerId, TriggerStatus,
};
use tidegate_database::{EmbeddedDatabase, Partial, Precision, WriteOptions};
use tokio::sync::broadcast;
use tokio::time::timeout;

use crate::Start;
use crate::start::{START, database};

/// A runtime over a real database, with the triggers of one test.
#[derive(Debug)]
pub struct Harness {
    /// The runtime itself, for what is not wrapped here.
    pub runtime: Runtime,
    /// The database itself.
    pub database: Arc<EmbeddedDatabase>,
    /// The clock that everything but deadlines goes by.
    pub clock: FakeClock,
    notices: broadcast::Receiver<Notice>,
    logs: Vec<(TriggerId, LogEntry)>,
    trigger: Option<TriggerId>,
}

/// Longer than anything takes that comes to an end at all.
const PATIENCE: Duration = Duration::from_secs(120);

impl Harness {
    pub(crate) fn new(runtime: Runtime, database: Arc<EmbeddedDatabase>, clock: FakeClock) -> Self {
        let notices = runtime.notices();
        Self { runtime, database, clock, notices, logs: Vec::new(), trigger: None }
    }

    /// Adds another plugin and trigger; the first one is what `run` waits for.
    pub async fn add(&mut self, start: Start) -> TriggerId {
        let (guest, trigger) = start.into_parts();
        self.create(trigger, guest.source()).await
    }

    /// As `add`, with the plugin from somewhere else.
    pub async fn add_from(&mut self, start: Start, source: impl Into<PluginSource>) -> TriggerId {
        self.create(start.trigger(), source.into()).await
    }

    async fn create(&mut self, trigger: Trigger, source: PluginSource) -> TriggerId {
        let plugin = self.runtime.load(&trigger.id.to_string(), source).await.unwrap();
        let id = self.runtime.create_trigger(trigger, &plugin).await.unwrap();
        self.trigger.get_or_insert_with(|| id.clone());
        id
    }

    /// The first trigger.
    #[must_use]
    pub fn trigger(&self) -> &TriggerId {
        self.trigger.as_ref().unwrap()
    }

    /// How the first trigger fares.
    #[must_use]
    pub fn status(&self) -> TriggerStatus {
        self.status_of(self.trigger().name.as_str())
    }

    /// How some trigger fares.
    #[must_use]
    pub fn status_of(&self, name: &str) -> TriggerStatus {
        let all = self.runtime.triggers(&TenantId::default_tenant());
        all.into_iter().find(|status| status.trigger.id.name.as_str() == name).unwrap()
    }

    /// Waits until a trigger has run so often.
    pub async fn until_runs(&mut self, name: &str, runs: u64) {
        while self.status_of(name).runs < runs {
            let notice = timeout(PATIENCE, self.notices.recv()).await.expect("a run ends").unwrap();
            if let Notice::Log(trigger, entry) = notice {
                self.logs.push((trigger, entry));
            }
        }
    }

    /// Writes lines into `db`, as a client does.
    pub async fn write(&self, lines: &str) {
        let options = WriteOptions {
            precision: Precision::Nanosecond,
            partial: Partial::Reject,
            time: START,
            durability: Durability::Durable,
        };
        self.database.write(&database(), lines, options).await.unwrap();
    }

    /// Writes lines and waits for the run that they cause.
    pub async fn run(&mut self, lines: &str) -> RunRecord {
        self.write(lines).await;
        self.next_run().await
    }

    /// Waits for the next run of the first trigger to end.
    pub async fn next_run(&mut self) -> RunRecord {
        loop {
            let notice = timeout(PATIENCE, self.notices.recv()).await.expect("a run ends").unwrap();
            match notice {
                Notice::Run(record) if record.trigger == *self.trigger() => return Arc::unwrap_or_clone(record),
                Notice::Run(_) | Notice::Stopped(..) => {}
                Notice::Log(trigger, entry) => self.logs.push((trigger, entry)),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Sends a request to the trigger that serves `path`.
    pub async fn request(&self, path: &str, request: Request) -> Outcome {
        self.runtime.request(&TenantId::default_tenant(), path, request).await.unwrap()
    }

    /// Runs the first trigger without effect.
    pub async fn dry_run(&self, event: Event) -> Outcome {
        self.runtime.dry_run(self.trigger(), event).await.unwrap()
    }

    /// What has been logged so far: `INFO: text`, one a line.
    pub fn log(&mut self) -> String {
        while let Ok(notice) = self.notices.try_recv() {
            if let Notice::Log(trigger, entry) = notice {
                self.logs.push((trigger, entry));
            }
        }
        let lines: Vec<_> = self.logs.iter().map(|(_, entry)| format!("{}: {}", entry.level, entry.message)).collect();
        lines.join("\n")
    }

    /// The result of a query in `db` as text: values by `,`, rows by newline.
    pub async fn query(&self, sql: &str) -> String {
        self.query_in(&database(), sql).await
    }

    /// The result of a query in some database; the error's text if there is one.
    pub async fn query_in(&self, database: &DatabaseId, sql: &str) -> String {
        match (&*self.database as &dyn Database).query(database, sql, &Parameters::new()).await {
            Ok(result) => text(result).await,
            Err(error) => error.message,
        }
    }

    /// Waits until a trigger sleeps on the clock, beside the runtime's own
    /// housekeeping: only then may time pass.
    pub async fn settle(&self) {
        while self.clock.sleepers() < 2 {
            tokio::task::yield_now().await;
        }
    }

    /// Lets time pass.
    pub async fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
        tokio::task::yield_now().await;
    }
}

async fn text(mut result: QueryResult) -> String {
    let mut lines = Vec::new();
    while let Some(batch) = result.batches.next().await {
        let columns = batch.unwrap();
        let rows = columns.first().map_or(0, Column::len);
        let line = |row| columns.iter().map(|column| value(column, row)).collect::<Vec<_>>().join(",");
        lines.extend((0..rows).map(line));
    }
    lines.join("\n")
}

fn value(column: &Column, row: usize) -> String {
    if !column.validity.get(row) {
        return String::new();
    }
    let text = match &column.values {
        ColumnValues::I64(values) | ColumnValues::Time(values) => values.get(row).map(ToString::to_string),
        ColumnValues::U64(values) => values.get(row).map(ToString::to_string),
        ColumnValues::F64(values) => values.get(row).map(ToString::to_string),
        ColumnValues::Boolean(values) => values.get(row).map(ToString::to_string),
        values @ (ColumnValues::Text(_) | ColumnValues::Coded { .. }) => values.text(row).map(str::to_owned),
    };
    text.unwrap_or_default()
}
