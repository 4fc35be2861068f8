//! One line of the table.

use tidegate::Usage;

use crate::rounds::Rounds;

/// One line of the table. Times are nanoseconds for a piece of work.
#[derive(Debug, Clone)]
pub(crate) struct Figure {
    pub(crate) what: String,
    /// The piece of work: a run, a row, a call.
    pub(crate) per: &'static str,
    pub(crate) wall: f64,
    pub(crate) cpu: f64,
    /// Of single runs.
    pub(crate) p50_and_p99: Option<(f64, f64)>,
    /// How many times the CPU time of this the sandbox takes, if this is what
    /// it is held against.
    pub(crate) sandbox_takes: Option<f64>,
    pub(crate) fuel: Option<f64>,
    pub(crate) peak_memory_bytes: Option<usize>,
}

impl Figure {
    /// What `rounds` came to.
    pub(crate) fn new(what: impl Into<String>, per: &'static str, rounds: &Rounds) -> Self {
        Self {
            what: what.into(),
            per,
            wall: rounds.wall(),
            cpu: rounds.cpu(),
            p50_and_p99: rounds.single(),
            sandbox_takes: None,
            fuel: None,
            peak_memory_bytes: None,
        }
    }

    /// Adds what the sandbox counted in a run of `work` pieces.
    pub(crate) fn with_usage(self, usage: &Usage, work: usize) -> Self {
        Self { fuel: Some(usage.fuel as f64 / work as f64), peak_memory_bytes: Some(usage.peak_memory_bytes), ..self }
    }

    /// Holds a sandbox's figure against this one.
    pub(crate) fn beside(self, sandbox: &Self) -> Self {
        Self { sandbox_takes: Some(sandbox.cpu / self.cpu), ..self }
    }
}
