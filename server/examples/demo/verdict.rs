//! Whether everything happened that should have.

use serde_json::Value;

use crate::api::Api;
use crate::screen::Screen;

/// Whether everything happened that should have.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It did.
    Passed,
    /// This did not.
    Missing(Vec<String>),
}

/// Looks at what triggers did and at what there is now.
pub(crate) async fn of(api: &Api, screen: &Screen) -> anyhow::Result<Verdict> {
    let mut missing: Vec<_> = api.triggers().await?.iter().flat_map(missing_of_trigger).collect();
    for table in ["cpu_5s", "network_rate"] {
        let rows = api.rows(&format!("SELECT * FROM {table} LIMIT 1")).await.unwrap_or_default();
        if rows.is_empty() {
            missing.push(format!("the derived table {table} has no rows"));
        }
    }
    let alerts = api.rows("SELECT state FROM alerts ORDER BY time").await.unwrap_or_default();
    missing.extend(missing_of_alerts(&alerts));
    let summary = api.host_summary().await?;
    if summary.get("hosts").and_then(Value::as_object).is_none_or(serde_json::Map::is_empty) {
        missing.push("host-summary answers without a host".to_owned());
    }
    if !missing.is_empty() {
        return Ok(Verdict::Missing(missing));
    }
    screen.good("every trigger ran without failure and wrote what it should");
    Ok(Verdict::Passed)
}

fn missing_of_trigger(trigger: &Value) -> Vec<String> {
    let name = trigger.get("trigger_name").and_then(Value::as_str).unwrap_or_default();
    let count = |what| trigger.get(what).and_then(Value::as_u64).unwrap_or_default();
    let error = trigger.pointer("/last_run/error").and_then(Value::as_str).unwrap_or("see the log above");
    let failures = count("failures");
    let never = (count("runs") == 0).then(|| format!("{name} never ran"));
    let failed = (failures > 0).then(|| format!("{name} failed {failures} times: {error}"));
    never.into_iter().chain(failed).collect()
}

/// A plugin that remembers from run to run tells of each crossing once.
fn missing_of_alerts(alerts: &[Value]) -> Option<String> {
    if alerts.is_empty() {
        return Some("threshold-alert told of no crossing".to_owned());
    }
    let twice = alerts.array_windows().any(|[one, next]| one == next);
    twice.then(|| "threshold-alert told of one crossing twice: it did not remember".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_alert_that_is_repeated_was_not_remembered() {
        let (above, below) = (json!({"state": "above"}), json!({"state": "below"}));
        assert_eq!(missing_of_alerts(&[above.clone(), below, above.clone()]), None);
        assert!(missing_of_alerts(&[above.clone(), above]).unwrap().contains("twice"));
        assert!(missing_of_alerts(&[]).unwrap().contains("no crossing"));
    }

    #[test]
    fn a_trigger_that_failed_is_named_with_its_error() {
        let trigger = json!({"trigger_name": "t", "runs": 2, "failures": 1, "last_run": {"error": "boom"}});
        assert_eq!(missing_of_trigger(&trigger), ["t failed 1 times: boom"]);
    }
}
