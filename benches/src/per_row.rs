//! A line derived from each row, in Rust and in Python, sandboxed and not.

use tidegate::{Outcome, PluginSource, Usage};

use crate::ROUNDS;
use crate::figure::Figure;
use crate::native::{self, Rows};
use crate::rounds::Rounds;
use crate::rows;
use crate::sandbox::{Sandbox, Subject, file, guest};

/// Measures Rust in turns with the same function called natively.
pub(crate) async fn rust(sandbox: &Sandbox, rows: u32) -> Vec<Figure> {
    let count = usize::try_from(rows).unwrap();
    let subject = subject(sandbox, ("rust", guest("measured.wasm").into()), rows).await;
    let batches = [rows::batch(rows)];
    // As many rows in each round, in however large events they come.
    let runs = 500_000 / count;

    let (mut sandboxed, mut native) = (Rounds::default(), Rounds::default());
    let derived = native::rust(&batches, runs, &mut Rounds::default());
    assert_eq!(staged(&sandbox.run(&subject).await), derived);
    let mut usage = Usage::default();
    for _ in 0..ROUNDS {
        usage = sandbox.round(&subject, (runs, count), &mut sandboxed).await;
        native::rust(&batches, runs, &mut native);
    }
    let sandboxed = figure("Rust per row", rows, &sandboxed).with_usage(&usage, count);
    let native = figure("native: the same Rust function", rows, &native).beside(&sandboxed);
    vec![sandboxed, native]
}

/// Measures Python in turns with the same file under native CPython.
pub(crate) async fn python(sandbox: &Sandbox, rows: u32) -> Vec<Figure> {
    let count = usize::try_from(rows).unwrap();
    let source = file("guests/per_row.py").into();
    let subject = subject(sandbox, ("python", source), rows).await;
    let runs = 40_000 / count;

    let mut sandboxed = Rounds::default();
    let (mut given, mut columns) = (Rounds::default(), Rounds::default());
    let derived = measured::derived(&[rows::batch(rows)]).unwrap();
    assert_eq!(staged(&sandbox.run(&subject).await), derived);
    let mut usage = Usage::default();
    for _ in 0..ROUNDS {
        usage = sandbox.round(&subject, (runs, count), &mut sandboxed).await;
        for (of, rounds) in [(Rows::Given, &mut given), (Rows::Columns, &mut columns)] {
            assert_eq!(native::python((of, rows), runs, rounds), derived.trim_end());
        }
    }
    let sandboxed = figure("Python per row", rows, &sandboxed).with_usage(&usage, count);
    let given = figure("native: CPython, dicts given", rows, &given).beside(&sandboxed);
    let columns = figure("native: CPython, dicts from columns", rows, &columns).beside(&sandboxed);
    vec![sandboxed, given, columns]
}

fn figure(what: &str, rows: u32, rounds: &Rounds) -> Figure {
    let figure = Figure::new(format!("{what}, {rows} rows"), "row", rounds);
    // Those are of whole runs.
    Figure { p50_and_p99: None, ..figure }
}

async fn subject(sandbox: &Sandbox, (language, source): (&str, PluginSource), rows: u32) -> Subject {
    let name = format!("{language}-{rows}");
    Subject {
        trigger: sandbox.trigger(&name, source, "all_tables").await,
        event: rows::event(rows),
        lines: rows.try_into().unwrap(),
    }
}

fn staged(outcome: &Outcome) -> String {
    outcome.staged.values().map(String::as_str).collect()
}
