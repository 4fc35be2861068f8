//! What is known of a run afterwards, and of a trigger while it runs.

use std::sync::Arc;

use super::{Limits, LogEntry, Timestamp, TriggerId, Usage};

/// Something that the owner of a trigger may want to see as it happens.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Notice {
    /// A trigger's plugin, or the runtime on its behalf, said something.
    Log(TriggerId, LogEntry),
    /// A trigger stopped itself, for this reason.
    Stopped(TriggerId, String),
    /// A run ended.
    Run(Arc<RunRecord>),
}

/// What is known of one run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RunRecord {
    /// Counts the runs of this runtime.
    pub run: u64,
    /// Whose run it was.
    pub trigger: TriggerId,
    /// When it began.
    pub started: Timestamp,
    /// How often this event had been tried before.
    pub attempt: u32,
    /// The name of the [`Ending`](super::Ending); `failed` also if the database
    /// refused what the run had staged.
    pub ending: &'static str,
    /// Why it did not succeed.
    pub error: Option<String>,
    /// Where in the plugin's source.
    pub traceback: Option<String>,
    /// What it used.
    pub usage: Usage,
    /// What it was allowed.
    pub limits: Limits,
    /// What the guest's random numbers were made from.
    pub seed: RunSeed,
}

/// What the random numbers of one run are made from.
pub type RunSeed = [u8; 32];
