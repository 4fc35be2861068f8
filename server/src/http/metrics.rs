//! `GET /metrics`, for Prometheus.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _, text::encode};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use tidegate::{TriggerState, TriggerStatus};

use super::refusal::Refusal;
use crate::caller::Caller;
use crate::server::Server;

/// A figure of a trigger: its name, what it tells, and how it is told.
type Figure = (&'static str, &'static str, fn(&TriggerStatus) -> u64);

/// Those that only ever grow.
const COUNTERS: [Figure; 5] = [
    ("trigger_runs", "Runs that ended", |status| status.runs),
    ("trigger_failures", "Runs that did not succeed", |status| status.failures),
    ("trigger_dead_letters", "Events set aside", |status| status.dead_letters),
    ("trigger_lost_records", "Records that the log dropped before the trigger read them", |status| status.lost_records),
    ("trigger_undelivered_rows", "Rows of loops that were not delivered", |status| status.undelivered_rows),
];

const GAUGES: [Figure; 2] = [
    ("trigger_enabled", "Whether the trigger runs", |status| u64::from(status.state == TriggerState::Enabled)),
    ("trigger_lag_records", "Records in the log that the trigger has not dealt with", |status| status.lag_records),
];

/// The triggers of all databases of all tenants.
#[derive(Debug)]
struct Triggers(Vec<TriggerStatus>);

/// Shows how the triggers of all tenants fare: to administrators, or to everybody
/// if the operator wants it.
pub(super) async fn metrics(
    State(server): State<Arc<Server>>,
    caller: Option<Extension<Caller>>,
) -> Result<impl IntoResponse, Refusal> {
    if let Some(Extension(caller)) = caller {
        caller.administers()?;
    }
    let mut registry = Registry::with_prefix("tidegate");
    registry.register_collector(Box::new(Triggers(server.triggers.of_all_tenants())));
    let mut text = String::new();
    encode(&mut text, &registry)
        .map_err(|error| Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    Ok(([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

impl Collector for Triggers {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for (name, help, figure) in COUNTERS {
            let counter = ConstCounter::new(0_u64);
            let mut family = encoder.encode_descriptor(name, help, None, counter.metric_type())?;
            for status in &self.0 {
                ConstCounter::new(figure(status)).encode(family.encode_family(&labels(status))?)?;
            }
        }
        for (name, help, figure) in GAUGES {
            let gauge = ConstGauge::new(0_i64);
            let mut family = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            for status in &self.0 {
                let value = i64::try_from(figure(status)).unwrap_or(i64::MAX);
                ConstGauge::new(value).encode(family.encode_family(&labels(status))?)?;
            }
        }
        Ok(())
    }
}

fn labels(status: &TriggerStatus) -> [(&'static str, String); 3] {
    let id = &status.trigger.id;
    [("tenant", id.tenant().to_string()), ("database", id.database.name.to_string()), ("trigger", id.name.to_string())]
}
