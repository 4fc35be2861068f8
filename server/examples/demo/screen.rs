//! What the demo prints; in colours if somebody looks.

use std::io::IsTerminal as _;

use serde_json::Value;

use crate::api::{Api, DERIVED};

/// What the demo prints on.
#[derive(Debug, Clone)]
pub(crate) struct Screen {
    colours: bool,
}

const BOLD: &str = "1";
const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

/// The longest answer that is shown whole, in characters.
const ANSWER: usize = 400;

impl Default for Screen {
    fn default() -> Self {
        Self { colours: std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none() }
    }
}

impl Screen {
    pub(crate) fn title(&self, text: &str) {
        println!("{}", self.in_colour(BOLD, text));
    }

    pub(crate) fn good(&self, text: &str) {
        println!("{}", self.in_colour(GREEN, text));
    }

    pub(crate) fn bad(&self, text: &str) {
        eprintln!("{}", self.in_colour(RED, text));
    }

    /// Shows what a trigger's plugin said.
    pub(crate) fn log(&self, (trigger, level): (&str, &str), message: &str) {
        let colour = match level {
            "ERROR" => RED,
            "WARN" => YELLOW,
            _ => CYAN,
        };
        println!("{} {level:<5} {message}", self.in_colour(colour, &format!("{trigger:>16} |")));
    }

    /// Shows what plugins derived, answered and used.
    pub(crate) async fn overview(&self, api: &Api) -> anyhow::Result<()> {
        let mut lines = vec![String::new()];
        for table in DERIVED {
            // Without a table there are no rows yet.
            if let Ok(rows) = api.table(&format!("SELECT * FROM {table} ORDER BY time DESC LIMIT 3")).await {
                lines.push(format!("{} (newest 3 rows)\n{rows}", self.in_colour(BOLD, table)));
            }
        }
        let answer = api.host_summary().await?.to_string();
        let dots = if answer.chars().count() > ANSWER { " …" } else { "" };
        let shown: String = answer.chars().take(ANSWER).collect();
        lines.push(format!("{} {shown}{dots}", self.in_colour(BOLD, "GET /api/v3/engine/host-summary")));
        lines.extend(api.triggers().await?.iter().map(|trigger| self.trigger(trigger)));
        // At once, so that no plugin speaks in between.
        println!("{}\n", lines.join("\n"));
        Ok(())
    }

    fn trigger(&self, trigger: &Value) -> String {
        if trigger.get("last_run").is_none_or(Value::is_null) {
            let name = trigger.get("trigger_name").and_then(Value::as_str).unwrap_or_default();
            return format!("{} has not run yet", self.in_colour(BOLD, &format!("{name:<16}")));
        }
        let text = |path| trigger.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let count = |path| trigger.pointer(path).and_then(Value::as_u64).unwrap_or_default();
        let number = |path| trigger.pointer(path).and_then(Value::as_f64).unwrap_or_default();
        let mebi = |path| number(path) / f64::from(1 << 20);
        format!(
            "{} {:>3} runs, {} failures; last: {:>8} fuel of {:>7}, {:>6.1} ms, peak {:>5.1} MiB of {:.0} MiB",
            self.in_colour(BOLD, &format!("{:<16}", text("/trigger_name"))),
            count("/runs"),
            count("/failures"),
            short(number("/last_run/fuel/used")),
            short(number("/last_run/fuel/limit")),
            number("/last_run/wall_ms"),
            mebi("/last_run/peak_memory_bytes/used"),
            mebi("/last_run/peak_memory_bytes/limit"),
        )
    }

    fn in_colour(&self, colour: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

/// A number as people read it: 1.2 M.
fn short(number: f64) -> String {
    match number {
        n if n >= 1e9 => format!("{:.1} G", n / 1e9),
        n if n >= 1e6 => format!("{:.1} M", n / 1e6),
        n => format!("{:.1} k", n / 1e3),
    }
}
