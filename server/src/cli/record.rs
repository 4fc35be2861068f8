//! The record of a run, for people.

use serde_json::Value;

use super::table;

/// Tells how a run ended, what it said and what it used.
pub(super) fn told(record: &Value) -> String {
    let text = |name: &str| record.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let mut lines = vec![format!("ending: {}", text("ending").unwrap_or("unknown"))];
    lines.extend(text("error").map(|error| format!("error: {error}")));
    lines.extend(text("traceback").map(|traceback| traceback.trim_end().to_owned()));
    if let Some(said) = record.get("log_lines").and_then(Value::as_array).filter(|said| !said.is_empty()) {
        lines.push("log:".to_owned());
        lines.extend(said.iter().map(|line| format!("  {}", shown(line))));
    }
    if let Some(response) = record.get("response").filter(|response| !response.is_null()) {
        lines.push(format!("response: {response}"));
    }
    let used: Vec<_> = record.get("usage").and_then(Value::as_object).into_iter().flatten().filter_map(used).collect();
    if !used.is_empty() {
        lines.push(table::lay_out(["resource", "used", "allowed"], &used));
    }
    lines.join("\n")
}

/// Whether a run did what it should.
pub(super) fn succeeded(record: &Value) -> bool {
    record.get("ending").and_then(Value::as_str) == Some("succeeded")
}

/// A value without the quotes of JSON.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What a run used of one resource: nobody asks about those that it left alone.
fn used((name, amount): (&String, &Value)) -> Option<[String; 3]> {
    let number = |name: &str| amount.get(name).and_then(Value::as_f64);
    let used = number("used").filter(|used| *used > 0.0)?;
    Some([name.clone(), table::count(used), table::count(number("allowed")?)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_run_that_failed_is_told_with_all_that_helps() {
        let record = json!({"run_id": "7", "ending": "failed", "error": "ValueError: no",
            "traceback": "  File \"a.py\", line 2\n", "log_lines": ["INFO: begun"],
            "usage": {"fuel": {"used": 1_500_000, "allowed": 5_000_000}, "queries": {"used": 0, "allowed": 10}}});
        assert!(!succeeded(&record));
        assert_eq!(
            told(&record),
            "\
ending: failed
error: ValueError: no
  File \"a.py\", line 2
log:
  INFO: begun
resource  used   allowed
fuel      1.5 M    5.0 M"
        );
    }

    #[test]
    fn a_run_that_said_nothing_is_told_in_a_line() {
        let record = json!({"ending": "succeeded", "error": null, "log_lines": []});
        assert!(succeeded(&record));
        assert_eq!(told(&record), "ending: succeeded");
    }
}
