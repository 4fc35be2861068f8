//! Plugins on live data: this machine's own figures, written to a server like
//! any client does, and what four plugins make of them.
//!
//! `make demo` starts it. It needs a few places:
//! - `TIDEGATE_SERVER`: the program `tidegate`
//! - `TIDEGATE_PLUGINS`: the folder `plugins` of this repository
//! - `TIDEGATE_GUESTS`: a folder with `threshold_alert.wasm`,
//!   `rate_of_change.wasm` and `runners/python.wasm`
//! - `TIDEGATE_ARTEFACTS`: a folder that keeps compiled plugins

mod api;
mod burn;
mod collector;
mod figures;
mod first;
mod places;
mod screen;
mod server;
mod triggers;
mod verdict;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use tidegate::{Clock, SystemClock};
use tokio::signal::unix::{SignalKind, signal};

use api::Api;
use places::Places;
use screen::Screen;
use verdict::Verdict;

/// Runs plugins on this machine's own figures.
#[derive(Debug, Parser)]
struct Demo {
    /// Stop after this time, such as 30s, and check that everything worked
    #[arg(long = "for", value_name = "DURATION", value_parser = humantime::parse_duration)]
    duration: Option<Duration>,
}

/// How often what was derived is shown.
const SHOWN_EVERY: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> ExitCode {
    let screen = Screen::default();
    let stopped = async {
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    // Dropping the demo ends the server and removes its folder.
    let shown = tokio::select! {
        shown = show(Demo::parse().duration, &screen) => shown,
        () = stopped => {
            screen.title("stopped");
            return ExitCode::SUCCESS;
        }
    };
    match shown {
        Ok(Verdict::Passed) => ExitCode::SUCCESS,
        Ok(Verdict::Missing(what)) => {
            what.iter().for_each(|what| screen.bad(what));
            ExitCode::FAILURE
        }
        Err(error) => {
            screen.bad(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn show(duration: Option<Duration>, screen: &Screen) -> anyhow::Result<Verdict> {
    let clock = Arc::new(SystemClock::default());
    screen.title("Tidegate: Python and Rust plugins, each run in a sandbox of its own, on this machine's live data.");
    println!(
        "Every second CPU, memory, disk and network figures go to a server on loopback; four triggers make something of them."
    );
    let places = Places::from_environment()?;
    let server = server::start(&places, screen).await?;
    let api = Api::new(&server.address)?;
    api.wait_until_healthy(&*clock).await?;
    api.create_database().await?;
    let readings = collector::start(api.clone(), Arc::clone(&clock))?;
    first::watch(api.clone(), Arc::clone(&clock), screen.clone());
    let threshold = triggers::threshold(readings).await?;
    triggers::create(&api, threshold, screen).await?;
    let _burning = burn::start(threshold);

    let end = duration.map(|duration| clock.elapsed().saturating_add(duration));
    loop {
        let left = end.map_or(SHOWN_EVERY, |end| end.saturating_sub(clock.elapsed()));
        clock.sleep(SHOWN_EVERY.min(left)).await;
        if left <= SHOWN_EVERY && end.is_some() {
            break;
        }
        screen.overview(&api).await?;
    }
    screen.title("what came of it");
    screen.overview(&api).await?;
    verdict::of(&api, screen).await
}
