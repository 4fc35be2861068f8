//! Rounds of one measurement, and what they come to.

use crate::clock::Passed;

/// The rounds so far.
#[derive(Debug, Default)]
pub(crate) struct Rounds {
    /// Of each round, per piece of work.
    wall: Vec<f64>,
    cpu: Vec<f64>,
    /// Of each single run, where it was looked at.
    single: Vec<f64>,
}

impl Rounds {
    /// Adds a round in which `work` pieces of work were done.
    pub(crate) fn push(&mut self, passed: Passed, work: usize) {
        self.push_means((passed.wall as f64, passed.cpu as f64), work);
    }

    /// As `push`, for what another process has measured.
    pub(crate) fn push_means(&mut self, (wall, cpu): (f64, f64), work: usize) {
        self.wall.push(wall / work as f64);
        self.cpu.push(cpu / work as f64);
    }

    /// Adds how long single runs took.
    pub(crate) fn push_single(&mut self, walls: impl IntoIterator<Item = u64>) {
        self.single.extend(walls.into_iter().map(|wall| wall as f64));
    }

    /// The median round's wall time for a piece of work.
    pub(crate) fn wall(&self) -> f64 {
        quantile(&self.wall, 0.5).unwrap()
    }

    /// The median round's CPU time for a piece of work.
    pub(crate) fn cpu(&self) -> f64 {
        quantile(&self.cpu, 0.5).unwrap()
    }

    /// Half of the single runs, and 99 of 100, took no longer.
    pub(crate) fn single(&self) -> Option<(f64, f64)> {
        Some((quantile(&self.single, 0.5)?, quantile(&self.single, 0.99)?))
    }
}

fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is a place in it")]
    let place = (share * sorted.len() as f64) as usize;
    sorted.get(place).copied()
}
