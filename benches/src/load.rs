//! What it takes before a plugin runs for the first time.

use tidegate::Event;

use crate::ROUNDS;
use crate::clock::Passed;
use crate::figure::Figure;
use crate::rounds::Rounds;
use crate::sandbox::{Sandbox, Subject, file, guest};

/// Measures compiling, and starting with everything compiled.
pub(crate) async fn measure() -> Vec<Figure> {
    let (mut compiled, mut started) = (Rounds::default(), Rounds::default());
    for _ in 0..ROUNDS {
        compile_rust(&mut compiled).await;
        start_python(&mut started).await;
    }
    vec![
        Figure::new("Rust component, compiled", "load", &compiled),
        Figure::new("Python, from nothing to its first run, runner compiled before", "start", &started),
    ]
}

async fn compile_rust(rounds: &mut Rounds) {
    let sandbox = Sandbox::start_without_artefacts();
    let component = std::fs::read(guest("measured.wasm")).unwrap();
    let begun = Passed::begin();
    sandbox.runtime.load("measured", component).await.unwrap();
    rounds.push(begun.end(), 1);
    sandbox.stop().await;
}

async fn start_python(rounds: &mut Rounds) {
    let begun = Passed::begin();
    let sandbox = Sandbox::start();
    let plugin = file("guests/no_op.py").into();
    let subject = Subject {
        trigger: sandbox.trigger("first", plugin, "all_tables").await,
        event: Event::Write(Vec::new()),
        lines: 0,
    };
    sandbox.run(&subject).await;
    rounds.push(begun.end(), 1);
    sandbox.stop().await;
}
