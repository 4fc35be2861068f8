//! A server that says no, and how people are told.

use std::fmt;

use reqwest::{Response, StatusCode};
use serde_json::Value;
use tidegate::Secret;

/// More bad lines than these teach nothing new.
const MAX_LINES: usize = 5;

/// A server said no.
#[derive(Debug)]
pub(in crate::cli) struct Refused {
    pub(in crate::cli) status: StatusCode,
    /// Why, as text or JSON.
    body: String,
    /// What may help.
    hint: &'static str,
}

impl Refused {
    /// Reads what the server says to a client with `token`.
    pub(super) async fn by(response: Response, token: Option<&Secret>) -> Self {
        let status = response.status();
        let hint = match (status, token) {
            (StatusCode::UNAUTHORIZED, None) => "; give a token with --token or INFLUXDB3_AUTH_TOKEN",
            (StatusCode::UNAUTHORIZED, Some(_)) => "; give another token with --token or INFLUXDB3_AUTH_TOKEN",
            _ => "",
        };
        Self { status, body: response.text().await.unwrap_or_default(), hint }
    }

    /// Why, for somebody who has sent `lines_before` lines in other requests.
    pub(in crate::cli) fn reason(&self, lines_before: usize) -> String {
        let reason = match serde_json::from_str::<Value>(&self.body) {
            Ok(json) => self.in_json(&json, lines_before),
            Err(_) => self.body.trim().to_owned(),
        };
        let hint = self.hint;
        if reason.is_empty() { format!("the server says {}{hint}", self.status) } else { reason + hint }
    }

    // `error` is InfluxDB 3's, `message` stands beside `code` in its second API.
    fn in_json(&self, json: &Value, lines_before: usize) -> String {
        let Some(error) = ["error", "message"].into_iter().find_map(|name| json.get(name)?.as_str()) else {
            return self.body.trim().to_owned();
        };
        let data = json.get("data");
        let lines = data.and_then(Value::as_array).map_or(data.map(std::slice::from_ref), |lines| Some(lines));
        let told = lines.into_iter().flatten().take(MAX_LINES).filter_map(|line| {
            let number = usize::try_from(line.get("line_number")?.as_u64()?).ok()?.saturating_add(lines_before);
            Some(format!("\n  line {number}: {}", line.get("error_message")?.as_str()?))
        });
        std::iter::once(error.to_owned()).chain(told).collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason(0))
    }
}

impl std::error::Error for Refused {}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> Refused {
        Refused { status: StatusCode::BAD_REQUEST, body: body.to_owned(), hint: "" }
    }

    #[test]
    fn reasons_are_told_as_people_read_them() {
        for (body, told) in [
            ("Not found\n", "Not found"),
            (r#"{"error":"not found"}"#, "not found"),
            (r#"{"code":"invalid","message":"no bucket"}"#, "no bucket"),
            (r#"{"why":1}"#, r#"{"why":1}"#),
            ("", "the server says 400 Bad Request"),
        ] {
            assert_eq!(refused(body).to_string(), told);
        }
    }

    #[test]
    fn bad_lines_are_numbered_within_all_that_was_sent() {
        let line = r#"{"original_line":"x","line_number":2,"error_message":"no fields"}"#;
        for data in [line.to_owned(), format!("[{line}]")] {
            let refused = refused(&format!(r#"{{"error":"bad lines","data":{data}}}"#));
            assert_eq!(refused.reason(40), "bad lines\n  line 42: no fields");
        }
    }
}
