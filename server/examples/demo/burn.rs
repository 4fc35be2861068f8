//! Keeps the CPUs busy now and then, so that there is something to be alerted
//! of.

use std::time::Duration;

use tidegate::{Clock, SystemClock};
use tokio::task::JoinHandle;

/// How long the CPUs are busy, and how long they are left alone.
const BURST: Duration = Duration::from_secs(3);
const REST: Duration = Duration::from_secs(7);

/// Ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Burning(JoinHandle<()>);

impl Drop for Burning {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts to burn in bursts.
pub(crate) fn start(threshold: f32) -> Burning {
    println!(
        "  The demo itself keeps all CPUs busy for {} s in every {}, so that the threshold of {threshold} % is crossed.",
        BURST.as_secs(),
        BURST.saturating_add(REST).as_secs()
    );
    Burning(tokio::spawn(async {
        let clock = SystemClock::default();
        loop {
            clock.sleep(REST).await;
            let cpus = std::thread::available_parallelism().map_or(1, usize::from);
            for _ in 0..cpus {
                std::thread::spawn(burst);
            }
            clock.sleep(BURST).await;
        }
    }))
}

fn burst() {
    let clock = SystemClock::default();
    while clock.elapsed() < BURST {
        std::hint::spin_loop();
    }
}
