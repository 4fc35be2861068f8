//! `tidegate logs`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde::Deserialize;

use super::client::{TRIGGER, Target};
use super::output;

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate logs --database sensors --last 20 hello")]
pub(crate) struct Logs {
    #[command(flatten)]
    target: Target,
    /// How many entries, the newest; the server keeps 1000 for each trigger
    #[arg(long, default_value_t = 100, value_name = "NUMBER")]
    last: usize,
    /// The trigger
    name: String,
}

#[derive(Debug, Deserialize)]
struct Entry {
    time: String,
    level: String,
    message: String,
}

impl Logs {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Target { server, database } = &self.target;
        let wanted = [("db", database), ("trigger_name", &self.name), ("limit", &self.last.to_string())];
        let request = server.request(Method::GET, &format!("{TRIGGER}/log"))?.query(&wanted);
        let answer = server.send(request).await?.json().await;
        let entries: Vec<Entry> = answer.context("the server did not answer with a log")?;
        for Entry { time, level, message } in entries {
            output::line(format!("{time} {level:<5} {message}"))?;
        }
        Ok(())
    }
}
