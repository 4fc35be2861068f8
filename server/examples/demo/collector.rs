//! Writes the machine's figures every second.

use std::sync::Arc;
use std::time::Duration;

use tidegate::{Clock, SystemClock};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use crate::api::Api;
use crate::figures::Figures;

/// Starts to write the figures every second; returns how busy the CPUs are, as
/// it is written.
pub(crate) fn start(api: Api, clock: Arc<SystemClock>) -> anyhow::Result<mpsc::Receiver<f32>> {
    let mut figures = Figures::new()?;
    let (readings, received) = mpsc::channel(8);
    tokio::spawn(async move {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        second.tick().await;
        loop {
            second.tick().await;
            let (cpu, lines) = figures.read(clock.now());
            if let Err(error) = api.write(lines).await {
                eprintln!("the figures are not written: {error:#}");
            }
            // Only the first readings are wanted by anybody.
            let _ = readings.try_send(cpu);
        }
    });
    Ok(received)
}
