//! A runtime whose runs are measured, whole: dispatch, slot, thread, store,
//! instance, guest, outcome.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tidegate::{
    DatabaseName, Ending, Event, Language, Limits, Outcome, PluginSource, Runtime, RuntimeBuilder, Trigger, TriggerId,
    TriggerName, Usage,
};

use crate::clock::{self, Passed};
use crate::database::TenRows;
use crate::rounds::Rounds;

/// A runtime with compiled components at hand.
pub(crate) struct Sandbox {
    pub(crate) runtime: Runtime,
}

/// A trigger to be run again and again, and what must come of each run.
#[derive(Debug, Clone)]
pub(crate) struct Subject {
    pub(crate) trigger: TriggerId,
    pub(crate) event: Event,
    pub(crate) lines: usize,
}

impl Sandbox {
    /// A runtime that finds its components compiled.
    pub(crate) fn start() -> Self {
        Self::of(builder().with_artefacts(cache_directory().join("artefacts")))
    }

    /// A runtime that compiles everything itself.
    pub(crate) fn start_without_artefacts() -> Self {
        Self::of(builder())
    }

    fn of(builder: RuntimeBuilder) -> Self {
        let runtime = builder.build().unwrap();
        Self { runtime }
    }

    /// Loads a plugin, and makes a trigger for it that runs only when told to.
    pub(crate) async fn trigger(&self, name: &str, source: PluginSource, spec: &str) -> TriggerId {
        let plugin = self.runtime.load(name, source).await.unwrap();
        let database = DatabaseName::new("db").unwrap();
        let name = TriggerName::new(name).unwrap();
        let trigger = Trigger::new(name, database, spec.parse().unwrap());
        let created = self.runtime.create_trigger_disabled(trigger, &plugin);
        created.await.unwrap()
    }

    /// Runs `subject` once and makes sure that it did what it should.
    pub(crate) async fn run(&self, subject: &Subject) -> Outcome {
        run(&self.runtime, subject, subject.event.clone()).await
    }

    /// Adds a round of `runs` runs, one after the other, to `rounds`.
    pub(crate) async fn round(&self, subject: &Subject, (runs, work): (usize, usize), rounds: &mut Rounds) -> Usage {
        // Making events is the database's work, not the sandbox's.
        let events: Vec<_> = (0..runs).map(|_| subject.event.clone()).collect();
        let mut walls = Vec::with_capacity(runs);
        let mut usage = Usage::default();
        let begun = Passed::begin();
        let mut last = clock::wall();
        for event in events {
            usage = run(&self.runtime, subject, event).await.usage;
            let now = clock::wall();
            walls.push(now - last);
            last = now;
        }
        rounds.push(begun.end(), runs * work);
        rounds.push_single(walls);
        usage
    }

    /// Adds a round of `runs` runs, of which `at_once` are always in progress.
    pub(crate) async fn round_at_once(&self, subject: &Subject, (runs, at_once): (usize, usize), rounds: &mut Rounds) {
        let each = runs / at_once;
        let begun = Passed::begin();
        let tasks: Vec<_> = (0..at_once)
            .map(|_| {
                let (runtime, subject) = (self.runtime.clone(), subject.clone());
                tokio::spawn(async move {
                    for _ in 0..each {
                        run(&runtime, &subject, subject.event.clone()).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        rounds.push(begun.end(), each * at_once);
    }

    pub(crate) async fn stop(self) {
        self.runtime.shutdown(Duration::from_secs(1)).await;
    }
}

async fn run(runtime: &Runtime, subject: &Subject, event: Event) -> Outcome {
    let outcome = runtime.dry_run(&subject.trigger, event).await.unwrap();
    // A figure of a run that failed would be a lie.
    assert_eq!(outcome.ending, Ending::Succeeded, "{:?}", outcome.error());
    assert_eq!(outcome.usage.staged_lines, subject.lines);
    outcome
}

fn builder() -> RuntimeBuilder {
    // What is measured is never stopped.
    let limits = Limits {
        fuel: 1 << 50,
        deadline: Duration::from_secs(600),
        memory_bytes: 1 << 30,
        runner_memory_bytes: 1 << 30,
        host_calls: 1 << 30,
        ..Limits::default()
    };
    let runner = std::fs::read(guest("runners/python.wasm")).unwrap();
    Runtime::builder(Arc::new(TenRows))
        .with_limits(limits.clone())
        .with_write_limits(limits)
        .with_runner(Language::Python, runner)
}

/// Where `make guests` puts components.
pub(crate) fn guest(name: &str) -> PathBuf {
    let path = cache_directory().join("guests").join(name);
    assert!(path.exists(), "{} is missing: run `make guests` first", path.display());
    path
}

/// A file of this package.
pub(crate) fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn cache_directory() -> PathBuf {
    match std::env::var_os("TIDEGATE_CACHE") {
        Some(directory) => directory.into(),
        None => Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/tidegate"),
    }
}
