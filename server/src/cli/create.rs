//! `tidegate create`

use std::collections::BTreeMap;

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::json;
use tidegate::TriggerSpec;

use super::amounts::{Amount, Argument, amount, argument};
use super::client::{DATABASE, Server, TRIGGER, Target};
use super::output;
use crate::grants::{NamedGrant, NamedGrants};

#[derive(Debug, Subcommand)]
pub(crate) enum Create {
    /// Create a database; writing to one creates it, too
    Database(NewDatabase),
    /// Create a trigger: a plugin, and when it runs
    #[command(after_help = EXAMPLES)]
    Trigger(Box<NewTrigger>),
}

const EXAMPLES: &str = "\
Examples:
  tidegate create trigger -d sensors --path hello.py --trigger-spec table:cpu hello
  tidegate create trigger -d sensors --path alert.wasm --trigger-spec table:cpu \\
    --trigger-arguments field=usage,threshold=90 --limit fuel=50_000_000 alert
  tidegate create trigger -d sensors --path notify.py --trigger-spec every:1m \\
    --grant 'http=POST https://hooks.example.com' --grant secret=PAGER_KEY notify";

#[derive(Debug, Args)]
pub(crate) struct NewDatabase {
    #[command(flatten)]
    server: Server,
    /// What to call it
    name: String,
}

#[derive(Debug, Args)]
pub(crate) struct NewTrigger {
    #[command(flatten)]
    target: Target,
    /// The plugin: a .py, .wasm or .tidegate file, or a folder with __init__.py, in the server's plugin directory
    #[arg(long, visible_alias = "plugin-filename", value_name = "FILE")]
    path: String,
    /// When it runs: table:NAME, all_tables, every:DURATION, cron:EXPRESSION or request:PATH
    #[arg(long, value_name = "SPEC", value_parser = spec)]
    trigger_spec: String,
    /// What the plugin is given: name=value,name=value
    #[arg(long, value_delimiter = ',', value_parser = argument, value_name = "NAME=VALUE")]
    trigger_arguments: Vec<Argument>,
    /// What one run may use: fuel, deadline_ms, memory_bytes and others; can be repeated
    #[arg(long = "limit", value_parser = amount, value_name = "LIMIT=AMOUNT")]
    limits: Vec<Amount>,
    /// What it may reach: http=METHOD ORIGIN, env=NAME, secret=NAME, read=DATABASE, write=DATABASE; can be repeated
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<NamedGrant>,
    /// What happens when a run does not succeed
    #[arg(long, value_enum, default_value = "log")]
    error_behavior: ErrorBehavior,
    /// With --error-behavior retry, how often: 4294967295 is for ever
    #[arg(long, default_value = "5", value_name = "TIMES")]
    retries: u32,
    /// What a schedule does about times that it missed because runs took too long
    #[arg(long, value_enum, default_value = "one")]
    catch_up: CatchUp,
    /// Let several runs be in progress at once
    #[arg(long)]
    run_asynchronous: bool,
    /// Whether each run begins in an instance of its own, or may find that of an earlier run
    #[arg(long, value_enum, default_value = "auto")]
    instance: Instance,
    /// Create it without letting it run
    #[arg(long)]
    disabled: bool,
    /// What to call it
    name: String,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ErrorBehavior {
    /// Log it and go on with the next event
    Log,
    /// Try again a few times
    Retry,
    /// Stop the trigger
    Disable,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Instance {
    /// Its own, unless the plugin brings packages that take more than 5 ms to import
    Auto,
    /// Its own: nothing is left of earlier runs but what they put into the cache
    Fresh,
    /// An earlier run's: what takes long to import is there already
    Warm,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CatchUp {
    /// One run, for the latest of them
    One,
    /// A run for each, for the newest 60 at the most
    All,
    /// No run: go on with the next time
    Skip,
}

// Checked here, so that a mistake is found without a server; sent as it is.
fn spec(text: &str) -> Result<String, String> {
    text.parse::<TriggerSpec>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

impl Create {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Database(new) => {
                let request = new.server.request(Method::POST, DATABASE)?.json(&json!({"db": new.name}));
                new.server.send(request).await.context("Failed to create database")?;
                output::line(format!("Database \"{}\" created successfully", new.name))?;
            }
            Self::Trigger(new) => {
                let server = &new.target.server;
                let request = server.request(Method::POST, TRIGGER)?.json(&new.definition());
                server.send(request).await.context("Failed to create trigger")?;
                output::line(format!("Trigger {} created successfully", new.name))?;
            }
        }
        Ok(())
    }
}

impl NewTrigger {
    fn definition(&self) -> serde_json::Value {
        let arguments: BTreeMap<_, _> = self.trigger_arguments.iter().map(|one| (&one.name, &one.value)).collect();
        let limits: BTreeMap<_, _> = self.limits.iter().map(|one| (one.limit.name(), one.amount)).collect();
        json!({
            "db": self.target.database,
            "trigger_name": self.name,
            "plugin_filename": self.path,
            "trigger_specification": self.trigger_spec,
            "trigger_settings": {
                "run_async": self.run_asynchronous,
                "error_behavior": match self.error_behavior {
                    ErrorBehavior::Log => "log",
                    ErrorBehavior::Retry => "retry",
                    ErrorBehavior::Disable => "disable",
                },
                "instance": match self.instance {
                    Instance::Auto => "auto",
                    Instance::Fresh => "fresh",
                    Instance::Warm => "warm",
                },
                "retries": self.retries,
                "catch_up": match self.catch_up {
                    CatchUp::One => "one",
                    CatchUp::All => "all",
                    CatchUp::Skip => "skip",
                },
            },
            "trigger_arguments": (!arguments.is_empty()).then_some(arguments),
            "limits": limits,
            "grants": self.grants.iter().cloned().collect::<NamedGrants>(),
            "disabled": self.disabled,
        })
    }
}
