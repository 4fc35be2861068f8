//! A trigger's definition on the command line: all of it for one that is
//! created, what changes for one that is there.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};
use tidegate::TriggerSpec;

use super::amounts::{Amount, Argument, amount, argument};
use crate::grants::{NamedGrant, NamedGrants};

/// What a trigger is given, and what it may use and reach.
#[derive(Debug, Args)]
pub(super) struct Definition {
    /// What the plugin is given: name=value,name=value
    #[arg(long, value_delimiter = ',', value_parser = argument, value_name = "NAME=VALUE")]
    trigger_arguments: Vec<Argument>,
    /// What one run may use: fuel, deadline_ms, memory_bytes and others; can be repeated
    #[arg(long = "limit", value_parser = amount, value_name = "LIMIT=AMOUNT")]
    limits: Vec<Amount>,
    /// What it may reach: http=METHOD ORIGIN, env=NAME, secret=NAME, read=DATABASE, write=DATABASE; can be repeated
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<NamedGrant>,
    #[command(flatten)]
    pub(super) settings: Settings,
    /// Where it runs: there is one node, so `all`
    #[arg(long, value_parser = node_spec, value_name = "NODES")]
    node_spec: Option<String>,
}

/// How a trigger runs. What is not named stays as it was, or begins as the
/// first of its kind.
#[derive(Debug, Default, Args)]
pub(super) struct Settings {
    /// What happens when a run does not succeed [when created: log]
    #[arg(long, value_enum, ignore_case = true)]
    error_behavior: Option<ErrorBehavior>,
    /// With --error-behavior retry, how often: 4294967295 is for ever [when created: 5]
    #[arg(long, value_name = "TIMES")]
    retries: Option<u32>,
    /// What a schedule does about times that it missed because runs took too long [when created: one]
    #[arg(long, value_enum)]
    catch_up: Option<CatchUp>,
    /// Let several runs be in progress at once, or no longer
    #[arg(
        long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "true|false",
        hide_possible_values = true
    )]
    run_asynchronous: Option<bool>,
    /// Whether each run begins in an instance of its own, or may find that of an earlier run [when created: auto]
    #[arg(long, value_enum)]
    instance: Option<Instance>,
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

/// Checks when a trigger runs here, so that a mistake is found without a
/// server; it is sent as it is.
pub(super) fn spec(text: &str) -> Result<String, String> {
    text.parse::<TriggerSpec>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}

fn node_spec(text: &str) -> Result<String, &'static str> {
    match text {
        "all" => Ok(text.to_owned()),
        _ => Err("there is one node, which runs all triggers; say `all`, or leave --node-spec away"),
    }
}

impl Definition {
    /// What was named, as the server reads it, without the settings.
    pub(super) fn named(&self) -> Map<String, Value> {
        let arguments: BTreeMap<_, _> = self.trigger_arguments.iter().map(|one| (&one.name, &one.value)).collect();
        let limits: BTreeMap<_, _> = self.limits.iter().map(|one| (one.limit.name(), one.amount)).collect();
        let mut named = Map::new();
        if !arguments.is_empty() {
            named.insert("trigger_arguments".to_owned(), json!(arguments));
        }
        if !limits.is_empty() {
            named.insert("limits".to_owned(), json!(limits));
        }
        if !self.grants.is_empty() {
            named.insert("grants".to_owned(), json!(self.grants.iter().cloned().collect::<NamedGrants>()));
        }
        named
    }
}

impl Settings {
    /// What was named, as the server reads it.
    pub(super) fn named(&self) -> Map<String, Value> {
        let name = |value: Option<&'static str>| value.map(Value::from);
        let all = [
            ("run_async", self.run_asynchronous.map(Value::from)),
            ("error_behavior", name(self.error_behavior.map(ErrorBehavior::name))),
            ("instance", name(self.instance.map(Instance::name))),
            ("retries", self.retries.map(Value::from)),
            ("catch_up", name(self.catch_up.map(CatchUp::name))),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
    }
}

impl ErrorBehavior {
    fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Retry => "retry",
            Self::Disable => "disable",
        }
    }
}

impl Instance {
    fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Fresh => "fresh",
            Self::Warm => "warm",
        }
    }
}

impl CatchUp {
    fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::All => "all",
            Self::Skip => "skip",
        }
    }
}
