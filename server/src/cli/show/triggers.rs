//! `tidegate show triggers`

use clap::Args;
use reqwest::Method;
use serde::Deserialize as _;
use serde_json::Value;

use crate::cli::client::{Server, TRIGGER};
use crate::cli::output::{self, Style};
use crate::cli::table;
use crate::grants::NamedGrants;

/// Shows triggers and how they fare.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate show triggers --database sensors")]
pub(crate) struct Triggers {
    #[command(flatten)]
    server: Server,
    /// Only those of this database
    #[arg(short, long, env = "INFLUXDB3_DATABASE_NAME", value_name = "NAME")]
    database: Option<String>,
    /// How to show them
    #[arg(long, value_enum, default_value = "text")]
    format: Style,
}

impl Triggers {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { server, database, format } = self;
        let request = server.request(Method::GET, TRIGGER)?.query(&[("db", &database)]);
        let triggers: Vec<Value> = server.send(request).await?.json().await?;
        output::line(match format {
            Style::Text => overview(&triggers),
            Style::Json => serde_json::to_string_pretty(&triggers)?,
        })?;
        Ok(())
    }
}

fn overview(triggers: &[Value]) -> String {
    let head = [
        "database",
        "name",
        "spec",
        "plugin",
        "state",
        "runs",
        "failures",
        "last ending",
        "fuel used/limit",
        "ms",
        "peak memory",
    ];
    let rows: Vec<_> = triggers.iter().map(row).collect();
    let reasons = triggers.iter().filter_map(|trigger| {
        let name = trigger.get("trigger_name")?.as_str()?;
        let last_error = trigger.pointer("/last_run/error").and_then(Value::as_str);
        let reason = trigger.get("reason").and_then(Value::as_str).or(last_error)?;
        Some(format!("\n{name}: {reason}"))
    });
    let problems = triggers.iter().filter_map(|trigger| {
        let problem = trigger.get("plugin_problem")?.as_str()?;
        let name = trigger.get("trigger_name")?.as_str()?;
        Some(format!("\n{name} runs an earlier version of its plugin: {problem}"))
    });
    let granted = triggers.iter().filter_map(|trigger| {
        let grants = NamedGrants::deserialize(trigger.get("grants")?).ok()?.to_string();
        let name = trigger.get("trigger_name")?.as_str()?;
        (!grants.is_empty()).then(|| format!("\n{name} is granted {grants}"))
    });
    std::iter::once(table::lay_out(head, &rows)).chain(granted).chain(problems).chain(reasons).collect()
}

fn row(trigger: &Value) -> [String; 11] {
    let text = |path: &str| match trigger.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => "-".to_owned(),
        Some(other) => other.to_string(),
    };
    let number = |path: &str| trigger.pointer(path).and_then(Value::as_f64);
    let of = |used: &str, shown: fn(f64) -> String, limit: &str| match (number(used), number(limit)) {
        (Some(used), Some(limit)) => format!("{}/{}", shown(used), shown(limit)),
        (None, _) | (_, None) => "-".to_owned(),
    };
    [
        text("/db"),
        text("/trigger_name"),
        text("/trigger_specification"),
        text("/plugin_filename"),
        text("/state"),
        text("/runs"),
        text("/failures"),
        text("/last_run/ending"),
        of("/last_run/fuel/used", table::count, "/last_run/fuel/limit"),
        number("/last_run/wall_ms").map_or_else(|| "-".to_owned(), |ms| format!("{ms:.1}")),
        of("/last_run/peak_memory_bytes/used", table::bytes, "/last_run/peak_memory_bytes/limit"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_trigger_that_never_ran_and_one_that_failed_are_both_shown() {
        let never = json!({"db": "d", "trigger_name": "idle", "trigger_specification": "all_tables",
            "plugin_filename": "a.py", "state": "enabled", "runs": 0, "failures": 0, "last_run": null});
        let failed = json!({"db": "d", "trigger_name": "bad", "trigger_specification": "every:1s",
            "plugin_filename": "b.wasm", "state": "enabled", "runs": 3, "failures": 1,
            "plugin_problem": "cannot be compiled", "grants": {"http": ["GET https://a.example"], "secrets": ["KEY"], "read_databases": null}, "last_run": {
                "ending": "stopped", "error": "stopped at its limit", "wall_ms": 1.25,
                "fuel": {"used": 5_000_000, "limit": 4_000_000},
                "peak_memory_bytes": {"used": 1_048_576, "limit": 67_108_864}}});
        assert_eq!(
            overview(&[never, failed]),
            "\
database  name  spec        plugin  state    runs  failures  last ending  fuel used/limit  ms   peak memory
d         idle  all_tables  a.py    enabled     0         0  -            -                -    -
d         bad   every:1s    b.wasm  enabled     3         1  stopped          5.0 M/4.0 M  1.2  1.0 MiB/64.0 MiB
bad is granted http=GET https://a.example, secret=KEY
bad runs an earlier version of its plugin: cannot be compiled
bad: stopped at its limit"
        );
    }
}
