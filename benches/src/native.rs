//! The same code without a sandbox.

use std::hint::black_box;
use std::process::Command;
use std::sync::mpsc;

use tokio::sync::oneshot;

use crate::clock::Passed;
use crate::rounds::Rounds;
use crate::sandbox::file;

/// Adds a round of `runs` calls of the Rust plugin's function.
pub(crate) fn rust(batches: &[tidegate_sdk::TableBatch], runs: usize, rounds: &mut Rounds) -> String {
    let rows: usize = batches.iter().map(tidegate_sdk::TableBatch::len).sum();
    let mut text = String::new();
    let begun = Passed::begin();
    for _ in 0..runs {
        text = measured::derived(black_box(batches)).unwrap();
    }
    rounds.push(begun.end(), runs * rows);
    text
}

/// What native.py is to measure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Rows {
    /// The plugin alone, over dicts that are there already.
    Given,
    /// The plugin and what the sandbox does too: dicts from columns, one text
    /// from lines.
    Columns,
}

/// Adds a round of `runs` runs of the Python plugin under native CPython.
pub(crate) fn python((of, rows): (Rows, u32), runs: usize, rounds: &mut Rounds) -> String {
    let variant = match of {
        Rows::Given => "given",
        Rows::Columns => "columns",
    };
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let done = Command::new(python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(file("native.py"))
        .arg(file("guests/per_row.py"))
        .args([&rows.to_string(), &runs.to_string(), variant])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let said: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let number = |name: &str| said.get(name).unwrap().as_f64().unwrap();
    rounds.push_means((number("wall_ns"), number("cpu_ns")), rows.try_into().unwrap());
    said.get("text").unwrap().as_str().unwrap().to_owned()
}

/// A thread that does nothing, but does it elsewhere: the part of a run that is
/// waking two threads.
#[derive(Debug)]
pub(crate) struct Elsewhere(mpsc::Sender<oneshot::Sender<()>>);

impl Elsewhere {
    pub(crate) fn start() -> Self {
        let (sender, receiver) = mpsc::channel::<oneshot::Sender<()>>();
        std::thread::spawn(move || receiver.into_iter().for_each(|done| done.send(()).unwrap()));
        Self(sender)
    }

    /// Adds a round of going there and back.
    pub(crate) async fn round(&self, runs: usize, rounds: &mut Rounds) {
        let begun = Passed::begin();
        for _ in 0..runs {
            let (sender, done) = oneshot::channel();
            self.0.send(sender).unwrap();
            done.await.unwrap();
        }
        rounds.push(begun.end(), runs);
    }
}
