//! A server, as commands talk to it.

use anyhow::{Context as _, bail};
use clap::Args;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;

/// Which server to talk to.
#[derive(Debug, Args)]
pub(super) struct Server {
    /// The server's address
    #[arg(short = 'H', long, env = "INFLUXDB3_HOST_URL", default_value = "http://127.0.0.1:8181", value_name = "URL")]
    host: String,
}

/// Which server and database to talk to.
#[derive(Debug, Args)]
pub(super) struct Target {
    #[command(flatten)]
    pub(super) server: Server,
    /// The database
    #[arg(short, long, env = "INFLUXDB3_DATABASE_NAME", value_name = "NAME")]
    pub(super) database: String,
}

pub(super) const TRIGGER: &str = "/api/v3/configure/processing_engine_trigger";
pub(super) const DATABASE: &str = "/api/v3/configure/database";

impl Server {
    /// A request to `path`.
    ///
    /// # Errors
    /// If the address cannot be used.
    pub(super) fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let host = self.host.trim_end_matches('/');
        if host.starts_with("https://") {
            bail!("https is not supported yet; name the server by an http:// address. host=`{host}`");
        }
        if !host.starts_with("http://") {
            bail!("the server's address must begin with http://. host=`{host}`");
        }
        // A proxy is for the world outside; the server is one's own.
        let client = reqwest::Client::builder().no_proxy().build().context("the HTTP client does not start")?;
        Ok(client.request(method, format!("{host}{path}")))
    }

    /// Sends a request and returns a response that says yes.
    ///
    /// # Errors
    /// If there is no server, or it says no.
    pub(super) async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => {
                bail!("cannot reach {}; start a server with `tidegate serve`, or name another with --host", self.host)
            }
            Err(error) => return Err(error).context("the server did not answer"),
        };
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = response.text().await.unwrap_or_default();
        match reason(&body) {
            reason if reason.is_empty() => bail!("the server says {status}"),
            reason => bail!(reason),
        }
    }
}

/// Why the server said no, whether as text or as JSON.
fn reason(body: &str) -> String {
    let Ok(json) = serde_json::from_str::<Value>(body) else {
        return body.trim().to_owned();
    };
    let Some(error) = json.get("error").and_then(Value::as_str) else {
        return body.trim().to_owned();
    };
    let data = json.get("data");
    let lines = data.and_then(Value::as_array).map_or(data.map(std::slice::from_ref), |lines| Some(lines));
    let told = lines.into_iter().flatten().take(MAX_LINES).filter_map(|line| {
        let (number, why) = (line.get("line_number")?, line.get("error_message")?.as_str()?);
        Some(format!("\n  line {number}: {why}"))
    });
    std::iter::once(error.to_owned()).chain(told).collect()
}

/// More bad lines than these teach nothing new.
const MAX_LINES: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_told_as_people_read_them() {
        assert_eq!(reason("Not found\n"), "Not found");
        assert_eq!(reason(r#"{"error":"not found"}"#), "not found");
        let line = r#"{"original_line":"x","line_number":2,"error_message":"no fields"}"#;
        for data in [line.to_owned(), format!("[{line}]")] {
            assert_eq!(reason(&format!(r#"{{"error":"bad lines","data":{data}}}"#)), "bad lines\n  line 2: no fields");
        }
    }
}
