//! The triggers of the demo.

use anyhow::Context as _;
use serde_json::{Value, json};
use tidegate::{Clock as _, SystemClock};
use tokio::sync::mpsc::Receiver;

use crate::api::Api;
use crate::screen::Screen;

/// Chooses a threshold between how busy the machine is by itself and how busy
/// the demo will make it.
pub(crate) async fn threshold(mut readings: Receiver<f32>) -> anyhow::Result<f32> {
    let mut two = [0.0; 2];
    for reading in &mut two {
        *reading = readings.recv().await.context("no figures are collected")?;
    }
    let own_level = two.iter().sum::<f32>() / 2.0;
    // A machine that is busy anyway is above from the beginning.
    Ok(f32::midpoint(own_level, 100.0).min(95.0).round())
}

/// Creates the triggers one after the other: each may have to be compiled.
pub(crate) async fn create(api: &Api, threshold: f32, screen: &Screen) -> anyhow::Result<()> {
    let clock = SystemClock::default();
    screen.title("creating triggers (what was never compiled on this machine is compiled now, and kept)");
    for definition in definitions(threshold) {
        let of = |name| definition.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let before = clock.elapsed();
        let line = format!("{:<16} {:<20} {}", of("trigger_name"), of("plugin_filename"), of("trigger_specification"));
        api.create_trigger(definition).await.with_context(|| format!("cannot create the trigger: {line}"))?;
        println!("  {line:<70} {:.1} s", clock.elapsed().saturating_sub(before).as_secs_f64());
    }
    Ok(())
}

fn definitions(threshold: f32) -> [Value; 4] {
    [
        json!({
            "trigger_name": "threshold-alert",
            "plugin_filename": "threshold_alert.wasm",
            "trigger_specification": "table:cpu",
            "trigger_arguments": {
                "field": "usage_percent",
                "threshold": threshold.to_string(),
                "tag": "host",
            },
        }),
        json!({
            "trigger_name": "network-rate",
            "plugin_filename": "rate_of_change.wasm",
            "trigger_specification": "every:3s",
        }),
        json!({
            "trigger_name": "downsample",
            "plugin_filename": "downsample.py",
            "trigger_specification": "every:5s",
            "trigger_arguments": {"source": "cpu", "target": "cpu_5s", "window": "5s"},
        }),
        json!({
            "trigger_name": "host-summary",
            "plugin_filename": "host_summary.py",
            "trigger_specification": "request:host-summary",
        }),
    ]
}
