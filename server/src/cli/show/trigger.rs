//! `tidegate show trigger`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::cli::client::{TRIGGER, Target};
use crate::cli::output::{self, Style};
use crate::cli::record::shown;
use crate::cli::table;
use crate::grants::NamedGrants;

/// Shows one trigger.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show trigger -d sensors --runs 20 hello")]
pub(crate) struct Trigger {
    #[command(flatten)]
    target: Target,
    /// How many of its runs, the newest
    #[arg(long, default_value_t = 10, value_name = "NUMBER")]
    runs: usize,
    /// How to show it
    #[arg(long, value_enum, default_value = "text")]
    format: Style,
    /// The trigger
    name: String,
}

impl Trigger {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Target { server, database } = &self.target;
        let wanted = [("db", database), ("trigger_name", &self.name)];
        let request = server.request(Method::GET, TRIGGER)?.query(&wanted);
        let trigger: Value = server.send(request).await?.json().await.context(NO_TRIGGER)?;
        let request = server.request(Method::GET, &format!("{TRIGGER}/runs"))?.query(&wanted);
        let request = request.query(&[("limit", self.runs)]);
        let runs: Vec<Value> = server.send(request).await?.json().await.context(NO_TRIGGER)?;
        output::line(match self.format {
            Style::Text => described(&trigger, &runs),
            Style::Json => serde_json::to_string_pretty(&json!({"trigger": trigger, "runs": runs}))?,
        })?;
        Ok(())
    }
}

const NO_TRIGGER: &str = "the server did not answer with a trigger";

/// What stands first, and as what.
const TOLD: [(&str, &str); 11] = [
    ("name", "/trigger_name"),
    ("database", "/db"),
    ("plugin", "/plugin_filename"),
    ("runs on", "/trigger_specification"),
    ("state", "/state"),
    ("because", "/reason"),
    ("plugin problem", "/plugin_problem"),
    ("runs", "/runs"),
    ("failures", "/failures"),
    ("lag in records", "/lag_records"),
    ("dead letters", "/dead_letters"),
];

fn described(trigger: &Value, runs: &[Value]) -> String {
    let line = |(label, value): (&str, String)| format!("{label}: {value}");
    let told = TOLD.into_iter().filter_map(|(label, path)| {
        let value = trigger.pointer(path).filter(|value| !value.is_null())?;
        Some((label, shown(value)))
    });
    let named = |label: &'static str, name: &str| {
        let all = trigger.get(name)?.as_object().filter(|all| !all.is_empty())?;
        let each = all.iter().map(|(name, value)| format!("{name}={}", shown(value)));
        Some((label, each.collect::<Vec<_>>().join(", ")))
    };
    let granted = || {
        let grants = NamedGrants::deserialize(trigger.get("grants")?).ok()?.to_string();
        (!grants.is_empty()).then_some(("grants", grants))
    };
    let more = [
        named("settings", "trigger_settings"),
        named("arguments", "trigger_arguments"),
        named("limits", "limits"),
        granted(),
    ];
    let mut lines: Vec<_> = told.chain(more.into_iter().flatten()).map(line).collect();
    if !runs.is_empty() {
        let rows: Vec<_> = runs.iter().map(row).collect();
        lines.push(format!("\n{}", table::lay_out(["started", "ending", "ms", "fuel", "error"], &rows)));
    }
    lines.join("\n")
}

fn row(run: &Value) -> [String; 5] {
    let text = |name: &str| run.get(name).filter(|value| !value.is_null()).map_or_else(|| "-".to_owned(), shown);
    let number = |path: &str| run.pointer(path).and_then(Value::as_f64);
    let ms = number("/wall_ms").map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}"));
    let fuel = number("/fuel/used").map_or_else(|| "-".to_owned(), table::count);
    let error = text("error").lines().next().unwrap_or_default().to_owned();
    [text("started"), text("ending"), ms, fuel, error]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trigger_is_described_with_its_runs() {
        let trigger = json!({"db": "d", "trigger_name": "alert", "plugin_filename": "a.py", "state": "enabled",
            "trigger_specification": "table:cpu", "reason": null, "runs": 2, "failures": 1,
            "trigger_settings": {"error_behavior": "log", "run_async": false},
            "trigger_arguments": {"field": "usage"}, "limits": {},
            "grants": {"http": ["GET https://a.example"], "secrets": ["KEY"]}});
        let runs = [
            json!({"started": "2026-01-01T00:00:01Z", "ending": "failed", "error": "ValueError: no\nmore",
                "fuel": {"used": 2_000_000}, "wall_ms": 1.5}),
            json!({"started": "2026-01-01T00:00:00Z", "ending": "succeeded", "error": null, "wall_ms": 1.25,
                "fuel": {"used": 900}}),
        ];
        assert_eq!(
            described(&trigger, &runs),
            "\
name: alert
database: d
plugin: a.py
runs on: table:cpu
state: enabled
runs: 2
failures: 1
settings: error_behavior=log, run_async=false
arguments: field=usage
grants: http=GET https://a.example, secret=KEY

started               ending     ms   fuel   error
2026-01-01T00:00:01Z  failed     1.5  2.0 M  ValueError: no
2026-01-01T00:00:00Z  succeeded  1.2    900  -"
        );
    }
}
