//! `tidegate update trigger`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::cli::client::{PLUGIN_DIRECTORY, PLUGIN_FILES, TRIGGER, Target};
use crate::cli::code::Code;
use crate::cli::definition::{Definition, spec};
use crate::cli::output;
use crate::cli::usage::misused;

/// Changes a trigger.
#[derive(Debug, Args)]
#[command(after_help = "\
What is not named stays as it is. Arguments, limits and grants that are named take the place of all that there were of \
their kind.

Examples:
  tidegate update trigger -d sensors -t hello --path ./hello.py
  tidegate update trigger -d sensors -t hello --trigger-spec every:5m --limit fuel=50_000_000
  tidegate update trigger -d sensors -t hello --clear grants")]
pub(crate) struct ChangedTrigger {
    #[command(flatten)]
    target: Target,
    /// The trigger
    #[arg(short, long, value_name = "NAME")]
    trigger_name: String,
    /// New code: a .py file, or a folder whose .py files replace those of the plugin, from here
    #[arg(short, long, value_name = "FILE|DIR")]
    path: Option<PathBuf>,
    /// Run another plugin in the server's plugin directory
    #[arg(long, value_name = "FILE", conflicts_with = "path")]
    plugin_filename: Option<String>,
    /// When it runs: table:NAME, all_tables, every:DURATION, cron:EXPRESSION or request:PATH
    #[arg(long, value_name = "SPEC", value_parser = spec)]
    trigger_spec: Option<String>,
    #[command(flatten)]
    definition: Definition,
    /// Take all of these away; can be repeated
    #[arg(long, value_enum, value_name = "WHAT")]
    clear: Vec<Clear>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Clear {
    /// What the plugin is given
    Arguments,
    /// What one run may use: the defaults again
    Limits,
    /// What it may reach
    Grants,
}

impl ChangedTrigger {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut changes = self.changes();
        if self.path.is_none() && changes.is_empty() {
            return Err(misused("nothing to do: give new code with --path, or what else is to change"));
        }
        let code = self.path.as_deref().map(read).transpose()?;
        if !changes.is_empty() {
            changes.extend(self.id());
            self.put(TRIGGER, changes.into()).await?;
        }
        let how = match code {
            Some(Code::File(content)) => {
                self.put(PLUGIN_FILES, self.new_code("content", content.into())).await?;
                ""
            }
            Some(Code::Folder(files)) => {
                self.put(PLUGIN_DIRECTORY, self.new_code("files", json!(files))).await?;
                " (atomic directory replacement)"
            }
            None => "",
        };
        output::line(format!("Trigger '{}' updated successfully{how}", self.trigger_name))?;
        Ok(())
    }

    /// What changes: settings one by one, everything else as a whole.
    fn changes(&self) -> Map<String, Value> {
        let mut changes = self.definition.named();
        let settings = self.definition.settings.named();
        if !settings.is_empty() {
            changes.insert("trigger_settings".to_owned(), settings.into());
        }
        for (name, value) in [("plugin_filename", &self.plugin_filename), ("trigger_specification", &self.trigger_spec)]
        {
            changes.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        for what in &self.clear {
            let name = match what {
                Clear::Arguments => "trigger_arguments",
                Clear::Limits => "limits",
                Clear::Grants => "grants",
            };
            changes.entry(name).or_insert_with(|| json!({}));
        }
        changes
    }

    fn id(&self) -> [(String, Value); 2] {
        let Self { target, trigger_name, .. } = self;
        [("db".to_owned(), target.database.clone().into()), ("trigger_name".to_owned(), trigger_name.clone().into())]
    }

    /// The body that changes code: it names the trigger, not the plugin.
    fn new_code(&self, what: &str, code: Value) -> Value {
        json!({"db": self.target.database, "plugin_name": self.trigger_name, what: code})
    }

    async fn put(&self, path: &str, body: Value) -> anyhow::Result<()> {
        let server = &self.target.server;
        server.send(server.request(Method::PUT, path)?.json(&body)).await.context("Failed to update trigger")?;
        Ok(())
    }
}

// InfluxDB 3's texts.
fn read(path: &Path) -> anyhow::Result<Code> {
    if !path.exists() {
        bail!("Path does not exist: {}", path.display());
    }
    match Code::read(path)? {
        Code::Folder(files) if files.is_empty() => bail!("No Python files found in directory"),
        code @ (Code::File(_) | Code::Folder(_)) => Ok(code),
    }
}
