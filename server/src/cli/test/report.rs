//! What a run did, in InfluxDB 3's words and with what they lack.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tidegate::{Limit, Outcome, Timestamp};

/// What a run did.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_time: Option<String>,
    log_lines: Vec<String>,
    #[serde(skip_serializing_if = "is_zero")]
    log_lines_dropped: u64,
    database_writes: BTreeMap<String, Vec<&'a str>>,
    errors: Vec<String>,
    traceback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Response<'a>>,
    usage: Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct Response<'a> {
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
    pub(super) fn of(outcome: &'a Outcome, trigger_time: Option<Timestamp>) -> Self {
        let entries = outcome.log.iter();
        let staged = outcome.staged.iter();
        Self {
            trigger_time: trigger_time.map(|time| time.to_string()),
            log_lines: entries.map(|entry| format!("{}: {}", entry.level, entry.message)).collect(),
            log_lines_dropped: outcome.log_dropped,
            database_writes: staged.map(|(name, lines)| (name.to_string(), lines.lines().collect())).collect(),
            errors: outcome.error().into_iter().map(|error| format!("error executing plugin: {error}")).collect(),
            traceback: outcome.traceback(),
            response: outcome.response.as_ref().map(|response| Response {
                status: response.status,
                headers: &response.headers,
                body: String::from_utf8_lossy(&response.body),
            }),
            usage: usage(outcome),
        }
    }
}

fn usage(outcome: &Outcome) -> Map<String, Value> {
    let of = |limit: Limit| json!({"used": outcome.usage.get(limit), "allowed": outcome.limits.get(limit)});
    Limit::ALL.into_iter().map(|limit| (limit.name().to_owned(), of(limit))).collect()
}
