//! What a run did, in InfluxDB 3's words and with what they lack.

use serde_json::{Map, Value, json};
use tidegate::{Limit, Outcome, Response, Timestamp};

/// What a run did.
pub(super) fn of(outcome: &Outcome, trigger_time: Option<Timestamp>) -> Value {
    let log: Vec<_> = outcome
        .log
        .iter()
        .map(|entry| format!("{}: {}", entry.level, entry.message))
        .collect();
    let writes: Map<_, _> = outcome
        .staged
        .iter()
        .map(|(database, lines)| {
            (
                database.to_string(),
                lines.lines().collect::<Vec<_>>().into(),
            )
        })
        .collect();
    let errors: Vec<_> = outcome
        .error()
        .into_iter()
        .map(|error| format!("error executing plugin: {error}"))
        .collect();
    let mut report = json!({
        "log_lines": log,
        "database_writes": writes,
        "errors": errors,
        "traceback": outcome.traceback(),
        "usage": usage(outcome),
    });
    let more = [
        (
            "trigger_time",
            trigger_time.map(|time| time.to_string().into()),
        ),
        ("response", outcome.response.as_ref().map(response)),
        (
            "log_lines_dropped",
            (outcome.log_dropped > 0).then(|| outcome.log_dropped.into()),
        ),
    ];
    for (name, value) in more {
        if let (Some(report), Some(value)) = (report.as_object_mut(), value) {
            report.insert(name.to_owned(), value);
        }
    }
    report
}

fn usage(outcome: &Outcome) -> Value {
    let of = |limit: Limit| json!({"used": outcome.usage.get(limit), "allowed": outcome.limits.get(limit)});
    Value::Object(
        Limit::ALL
            .into_iter()
            .map(|limit| (limit.name().to_owned(), of(limit)))
            .collect(),
    )
}

fn response(response: &Response) -> Value {
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|(name, value)| json!([name, value]))
        .collect();
    let body = String::from_utf8_lossy(&response.body);
    json!({"status": response.status, "headers": headers, "body": body})
}
