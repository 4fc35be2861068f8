//! A trigger and how it fares, as JSON.

use serde_json::{Map, Value, json};
use tidegate::{CatchUp, ErrorBehavior, Instances, RunRecord, TriggerId, TriggerState, TriggerStatus};

use crate::grants::NamedGrants;
use crate::plugins;
use crate::triggers::Definition;

/// A trigger and how it fares.
///
/// `problem` is why its plugin is not what lies in the plugin's file now.
pub(super) fn trigger(status: &TriggerStatus, definition: &Definition, problem: Option<String>) -> Value {
    let trigger = &status.trigger;
    let arguments: Map<_, _> =
        trigger.arguments.iter().flatten().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let limits: Map<_, _> =
        trigger.limits.iter().map(|(limit, amount)| (limit.name().to_owned(), amount.into())).collect();
    let (state, reason) = match &status.state {
        TriggerState::Enabled => ("enabled", None),
        TriggerState::Disabled => ("disabled", definition.failed.as_ref()),
        TriggerState::Failed(reason) => ("failed", Some(reason)),
    };
    json!({
        "db": trigger.id.database.name.as_str(),
        "trigger_name": trigger.id.name.as_str(),
        "plugin_filename": plugins::filename(trigger.id.tenant(), &status.plugin),
        "trigger_specification": trigger.spec.to_string(),
        "trigger_settings": {
            "run_async": trigger.concurrency > 1,
            "error_behavior": error_behavior(trigger.error_behavior),
            "instance": instance(&trigger.instances),
            "retries": trigger.retries,
            "catch_up": catch_up(trigger.catch_up),
        },
        "trigger_arguments": arguments,
        "limits": limits,
        "grants": NamedGrants::of(&trigger.grants),
        "state": state,
        "reason": reason,
        "plugin_problem": problem,
        "runs": status.runs,
        "failures": status.failures,
        "last_run": status.last_run.as_ref().map(|record| run(record)),
        "lag_records": status.lag_records,
        "lost_records": status.lost_records,
        "dead_letters": status.dead_letters,
        "undelivered_rows": status.undelivered_rows,
    })
}

/// A trigger that could not be started, for this `reason`.
pub(super) fn waiting(id: &TriggerId, definition: &Definition, reason: &str) -> Value {
    json!({
        "db": id.database.name.as_str(),
        "trigger_name": id.name.as_str(),
        "plugin_filename": definition.plugin_filename,
        "trigger_specification": definition.trigger_specification,
        "trigger_settings": definition.trigger_settings,
        "trigger_arguments": definition.trigger_arguments.clone().unwrap_or_default(),
        "limits": definition.limits,
        "grants": definition.grants,
        "state": "failed",
        "reason": format!("it could not be started, and is tried again: {reason}"),
        "runs": 0,
        "failures": 0,
        "last_run": null,
    })
}

/// A run that has ended.
pub(super) fn run(record: &RunRecord) -> Value {
    let RunRecord { usage, limits, .. } = record;
    json!({
        "run_id": record.run,
        "started": record.started.to_string(),
        "attempt": record.attempt,
        "ending": record.ending,
        "error": record.error,
        "traceback": record.traceback,
        "wall_ms": usage.wall.as_secs_f64() * 1e3,
        "fuel": {"used": usage.fuel, "limit": limits.fuel},
        "peak_memory_bytes": {"used": usage.peak_memory_bytes, "limit": limits.memory_bytes},
    })
}

fn instance(instances: &Instances) -> &'static str {
    match instances {
        Instances::Auto => "auto",
        Instances::Fresh => "fresh",
        Instances::Warm(_) => "warm",
    }
}

fn error_behavior(behavior: ErrorBehavior) -> &'static str {
    match behavior {
        ErrorBehavior::Log => "log",
        ErrorBehavior::Retry => "retry",
        ErrorBehavior::Disable => "disable",
    }
}

fn catch_up(catch_up: CatchUp) -> &'static str {
    match catch_up {
        CatchUp::One => "one",
        CatchUp::All => "all",
        CatchUp::Skip => "skip",
    }
}
