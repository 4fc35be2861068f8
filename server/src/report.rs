//! What a run for trying out did, in InfluxDB 3's words and with what they lack.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tidegate::{Limit, Outcome, Schedule, Timestamp, TriggerSpec};

/// What a run did.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_time: Option<String>,
    log_lines: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    log_lines_dropped: u64,
    database_writes: BTreeMap<String, Vec<&'a str>>,
    pub(crate) errors: Vec<String>,
    traceback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'a>>,
    usage: Map<String, Value>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Response<'a> {
    status: u16,
    headers: &'a [(String, String)],
    body: std::borrow::Cow<'a, str>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl<'a> Report<'a> {
    /// Tells of `outcome`, which is of a run that was due at `trigger_time` if
    /// it was due at any.
    pub(crate) fn of(outcome: &'a Outcome, trigger_time: Option<Timestamp>) -> Self {
        let entries = outcome.log.iter();
        let staged = outcome.staged.iter();
        Self {
            trigger_time: trigger_time.map(|time| time.to_string()),
            log_lines: entries.map(|entry| format!("{}: {}", entry.level, entry.message)).collect(),
            log_lines_dropped: outcome.log_dropped,
            database_writes: staged.map(|(name, lines)| (name.to_string(), lines.lines().collect())).collect(),
            errors: outcome.error().into_iter().map(|error| format!("error executing plugin: {error}")).collect(),
            traceback: outcome.traceback(),
            response: outcome.response.as_ref().map(Response::of),
            usage: usage(outcome),
        }
    }
}

impl<'a> Response<'a> {
    /// A plugin's answer, to be shown.
    pub(crate) fn of(response: &'a tidegate::Response) -> Self {
        let body = String::from_utf8_lossy(&response.body);
        Self { status: response.status, headers: &response.headers, body }
    }
}

/// What a run used of what it was allowed, by the names of the limits.
pub(crate) fn usage(outcome: &Outcome) -> Map<String, Value> {
    let of = |limit: Limit| json!({"used": outcome.usage.get(limit), "allowed": outcome.limits.get(limit)});
    Limit::ALL.into_iter().map(|limit| (limit.name().to_owned(), of(limit))).collect()
}

/// The next time of `cron` after `now`, or the second that is now.
///
/// # Errors
/// If it is no cron expression, or is never due again.
pub(crate) fn call_time(cron: Option<&str>, now: Timestamp) -> Result<Timestamp, String> {
    let Some(cron) = cron else {
        let second = now.0.checked_div(1_000_000_000).unwrap_or_default();
        return Ok(Timestamp(second.saturating_mul(1_000_000_000)));
    };
    let spec = cron.strip_prefix("cron:").unwrap_or(cron);
    let schedule = match format!("cron:{spec}").parse() {
        Ok(TriggerSpec::Schedule(Schedule::Cron(schedule))) => schedule,
        Ok(_) => return Err(format!("invalid cron syntax: {cron}")),
        Err(error) => return Err(format!("invalid cron syntax: {error}")),
    };
    let never = || format!("cron schedule never triggers: {cron}");
    let next = schedule.after(&now.utc()).next().ok_or_else(never)?;
    next.timestamp_nanos_opt().map(Timestamp).ok_or_else(never)
}
