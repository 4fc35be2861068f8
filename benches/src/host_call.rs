//! What it costs a guest to call the host: a run with many calls, less one
//! without.

use tidegate::{Event, Request, Usage};

use crate::ROUNDS;
use crate::figure::Figure;
use crate::rounds::Rounds;
use crate::sandbox::{Sandbox, Subject, guest};

/// Calls that a guest makes in Rust, by the path under which the plugin makes
/// them, and how many go into a run.
const CALLS: [(&str, &str, usize); 3] = [
    ("clock", "host call: the clock", 10_000),
    ("cache", "host call: a cache entry that is not there", 10_000),
    ("query", "host calls: a query of ten rows", 1_000),
];
const RUNS: usize = 20;

/// Measures each kind of call.
pub(crate) async fn measure(sandbox: &Sandbox) -> Vec<Figure> {
    let plugin = guest("measured.wasm").into();
    let trigger = sandbox.trigger("calls", plugin, "request:calls").await;
    let mut figures = Vec::new();
    for (path, what, times) in CALLS {
        let subject =
            |times: usize| Subject { trigger: trigger.clone(), event: Event::Request(request(path, times)), lines: 0 };
        let (many, none) = (subject(times), subject(0));
        sandbox.run(&many).await;
        let (mut with, mut without) = (Rounds::default(), Rounds::default());
        let mut usages = (Usage::default(), Usage::default());
        for _ in 0..ROUNDS {
            usages.0 = sandbox.round(&many, (RUNS, 1), &mut with).await;
            usages.1 = sandbox.round(&none, (RUNS, 1), &mut without).await;
        }
        let each = |with: f64, without: f64| (with - without) / times as f64;
        figures.push(Figure {
            wall: each(with.wall(), without.wall()),
            cpu: each(with.cpu(), without.cpu()),
            p50_and_p99: None,
            fuel: Some(each(usages.0.fuel as f64, usages.1.fuel as f64)),
            ..Figure::new(what, "call", &with)
        });
    }
    figures
}

fn request(path: &str, times: usize) -> Request {
    Request {
        method: "GET".to_owned(),
        path: path.to_owned(),
        query: vec![("times".to_owned(), times.to_string())],
        ..Request::default()
    }
}
