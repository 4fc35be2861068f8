//! The table for people, and the file for programs.

use serde_json::{Value, json};

use crate::ROUNDS;
use crate::figure::Figure;
use crate::machine::Machine;
use crate::sandbox::file;

/// Prints the table that stands in README.md.
pub(crate) fn print(figures: &[Figure]) {
    println!("| what | per | wall | CPU | p50 | p99 | sandbox takes | fuel | peak memory |");
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|");
    for figure in figures {
        let (p50, p99) = figure.p50_and_p99.unzip();
        let or_empty = |text: Option<String>| text.unwrap_or_default();
        let cells = [
            figure.what.clone(),
            figure.per.to_owned(),
            time(figure.wall),
            time(figure.cpu),
            or_empty(p50.map(time)),
            or_empty(p99.map(time)),
            or_empty(figure.sandbox_takes.map(|times| format!("{times:.1} ×"))),
            or_empty(figure.fuel.map(|fuel| format!("{fuel:.0}"))),
            or_empty(figure.peak_memory_bytes.map(memory)),
        ];
        println!("| {} |", cells.join(" | "));
    }
}

/// Writes `results.json`, in nanoseconds and bytes.
pub(crate) fn keep(machine: &Machine, figures: &[Figure]) {
    let figures: Vec<_> = figures.iter().map(json).collect();
    let results = json!({ "machine": machine.json(), "rounds": ROUNDS, "figures": figures });
    let text = serde_json::to_string_pretty(&results).unwrap();
    std::fs::write(file("results.json"), text + "\n").unwrap();
}

fn json(figure: &Figure) -> Value {
    json!({
        "what": figure.what,
        "per": figure.per,
        "wall_ns": figure.wall,
        "cpu_ns": figure.cpu,
        "p50_ns": figure.p50_and_p99.map(|(p50, _)| p50),
        "p99_ns": figure.p50_and_p99.map(|(_, p99)| p99),
        "sandbox_takes": figure.sandbox_takes,
        "fuel": figure.fuel,
        "peak_memory_bytes": figure.peak_memory_bytes,
    })
}

fn time(nanos: f64) -> String {
    let (amount, unit) = match nanos {
        _ if nanos < 1e3 => (nanos, "ns"),
        _ if nanos < 1e6 => (nanos / 1e3, "µs"),
        _ if nanos < 1e9 => (nanos / 1e6, "ms"),
        _ => (nanos / 1e9, "s"),
    };
    if amount < 100.0 { format!("{amount:.1} {unit}") } else { format!("{amount:.0} {unit}") }
}

fn memory(bytes: usize) -> String {
    format!("{:.1} MiB", bytes as f64 / f64::from(1 << 20))
}
