//! A run of a plugin that does nothing, in a store and an instance of its own.

use tidegate::{Event, Timestamp};

use crate::ROUNDS;
use crate::figure::Figure;
use crate::native::Elsewhere;
use crate::rounds::Rounds;
use crate::sandbox::{Sandbox, Subject, file, guest};

const AT_ONCE: usize = 8;

/// Measures Rust, and beside it the waking of threads alone.
pub(crate) async fn rust(sandbox: &Sandbox) -> Vec<Figure> {
    let plugin = guest("measured.wasm").into();
    let subject = Subject {
        trigger: sandbox.trigger("no-op-rust", plugin, "every:1h").await,
        event: Event::Schedule(Timestamp(0)),
        lines: 0,
    };
    let mut figures = measure(sandbox, ("Rust", &subject), 2_000).await;
    figures.push(nothing_elsewhere().await);
    figures
}

/// Measures Python.
pub(crate) async fn python(sandbox: &Sandbox) -> Vec<Figure> {
    let plugin = file("guests/no_op.py").into();
    let subject = Subject {
        trigger: sandbox.trigger("no-op-python", plugin, "all_tables").await,
        event: Event::Write(Vec::new()),
        lines: 0,
    };
    measure(sandbox, ("Python", &subject), 300).await
}

/// Measures runs one after the other, and several at once.
async fn measure(sandbox: &Sandbox, (language, subject): (&str, &Subject), runs: usize) -> Vec<Figure> {
    let (mut one, mut several) = (Rounds::default(), Rounds::default());
    let mut usage = sandbox.round(subject, (runs, 1), &mut Rounds::default()).await;
    for _ in 0..ROUNDS {
        usage = sandbox.round(subject, (runs, 1), &mut one).await;
        sandbox.round_at_once(subject, (runs, AT_ONCE), &mut several).await;
    }
    let what = format!("{language} no-op, fresh");
    vec![
        Figure::new(&what, "run", &one).with_usage(&usage, 1),
        Figure::new(format!("{what}, {AT_ONCE} at once"), "run", &several),
    ]
}

async fn nothing_elsewhere() -> Figure {
    let (elsewhere, mut rounds) = (Elsewhere::start(), Rounds::default());
    elsewhere.round(2_000, &mut Rounds::default()).await;
    for _ in 0..ROUNDS {
        elsewhere.round(2_000, &mut rounds).await;
    }
    Figure::new("native: another thread and back", "run", &rounds)
}
