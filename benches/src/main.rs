//! What a sandboxed run costs, beside the same code without a sandbox, in one
//! go: `cargo bench -p benches`. README.md says what each figure means.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot be set up, or whose run fails, must not print figures"
)]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    reason = "figures are small, and exact to some digits"
)]

mod clock;
mod database;
mod figure;
mod fresh;
mod host_call;
mod load;
mod machine;
mod native;
mod per_row;
mod report;
mod rounds;
mod rows;
mod sandbox;

use figure::Figure;
use machine::Machine;
use sandbox::Sandbox;

/// How often everything is measured; what is printed is the median of these.
const ROUNDS: usize = 7;

fn main() {
    let wanted = Wanted::from_arguments();
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let machine = Machine::now();
    let figures = threads.block_on(measure(&wanted));
    report::print(&figures);
    // Parts of it are for profilers; what is kept was measured side by side.
    if wanted.is_everything() {
        report::keep(&machine, &figures);
    }
}

async fn measure(wanted: &Wanted) -> Vec<Figure> {
    let sandbox = Sandbox::start();
    let mut figures = Vec::new();
    if wanted.includes("fresh-rust") {
        figures.extend(fresh::rust(&sandbox).await);
    }
    if wanted.includes("fresh-python") {
        figures.extend(fresh::python(&sandbox).await);
    }
    for rows in [1_000, 10_000] {
        if wanted.includes("rows-rust") {
            figures.extend(per_row::rust(&sandbox, rows).await);
        }
        if wanted.includes("rows-python") {
            figures.extend(per_row::python(&sandbox, rows).await);
        }
    }
    if wanted.includes("calls") {
        figures.extend(host_call::measure(&sandbox).await);
    }
    sandbox.stop().await;
    if wanted.includes("load") {
        figures.extend(load::measure().await);
    }
    figures
}

/// The parts that were asked for: `cargo bench -p benches -- fresh-rust calls`.
struct Wanted(Vec<String>);

impl Wanted {
    fn from_arguments() -> Self {
        // Cargo adds `--bench`.
        let parts = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
        Self(parts.collect())
    }

    fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    fn includes(&self, part: &str) -> bool {
        self.is_everything() || self.0.iter().any(|wanted| wanted == part)
    }
}
