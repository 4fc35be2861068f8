//! A plugin tried by a server: one that lies in its plugin directory, over its
//! data.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::Context as _;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Common, OnRequest, OnSchedule, OnWrite};
use crate::cli::amounts::Argument;
use crate::cli::client::Refused;
use crate::cli::usage::misused;
use crate::cli::{input, output};
use crate::grants::NamedGrants;

/// Which events a server can try a plugin with.
const WAL: &str = "wal";
const SCHEDULE: &str = "schedule";
const REQUEST: &str = "request";

pub(super) async fn write(OnWrite { common }: OnWrite) -> anyhow::Result<ExitCode> {
    let lines = input::text(common.lp.clone(), common.file.clone())?;
    let body = Map::from_iter([("input_lp".to_owned(), lines.into())]);
    tried(&common, WAL, body).await
}

pub(super) async fn schedule(OnSchedule { common, schedule }: OnSchedule) -> anyhow::Result<ExitCode> {
    no_rows(&common)?;
    let cron = |cron: String| cron.strip_prefix("cron:").map_or_else(|| cron.clone(), str::to_owned);
    let body = schedule.map(|schedule| ("schedule".to_owned(), cron(schedule).into()));
    tried(&common, SCHEDULE, body.into_iter().collect()).await
}

pub(super) async fn request(asked: OnRequest) -> anyhow::Result<ExitCode> {
    let OnRequest { common, method, query, header, body } = asked;
    no_rows(&common)?;
    let pairs = |all: Vec<Argument>| {
        all.into_iter().map(|one| (one.name, one.value.into())).collect::<Map<String, Value>>().into()
    };
    let body = [("method", method.into()), ("query", pairs(query)), ("headers", pairs(header)), ("body", body.into())];
    tried(&common, REQUEST, body.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()).await
}

fn no_rows(common: &Common) -> anyhow::Result<()> {
    if common.lp.is_some() || common.file.is_some() {
        return Err(misused("on a server the plugin finds the rows that are there; leave --lp and --file away"));
    }
    Ok(())
}

/// Lets the server run the plugin once with `event`, and prints what it did.
async fn tried(common: &Common, event: &str, mut body: Map<String, Value>) -> anyhow::Result<ExitCode> {
    let server = &common.server;
    let filename = common.filename.to_str().context("the plugin's file must be named in UTF-8")?;
    let arguments: BTreeMap<_, _> = common.input_arguments.iter().map(|one| (&one.name, &one.value)).collect();
    let limits: BTreeMap<_, _> = common.limits.iter().map(|one| (one.limit.name(), one.amount)).collect();
    body.extend([("filename".to_owned(), filename.into()), ("database".to_owned(), common.database.clone().into())]);
    body.extend(common.cache_name.clone().map(|name| ("cache_name".to_owned(), name.into())));
    body.extend((!arguments.is_empty()).then(|| ("input_arguments".to_owned(), json!(arguments))));
    body.extend((!limits.is_empty()).then(|| ("limits".to_owned(), json!(limits))));
    let grants = || ("grants".to_owned(), json!(common.grants.iter().cloned().collect::<NamedGrants>()));
    body.extend((!common.grants.is_empty()).then(grants));
    let request = server.request(Method::POST, &format!("/api/v3/plugin_test/{event}"))?.json(&body);
    let answer = match server.send(request).await {
        Err(error) if !server.is_named() && !error.is::<Refused>() => {
            return Err(error.context(format!("there is no such file here, and no server to ask. path=`{filename}`")));
        }
        answer => answer?,
    };
    let report: Value = answer.json().await.context("the server did not answer with what the plugin did")?;
    output::line(serde_json::to_string_pretty(&report)?)?;
    let failed = report.get("errors").and_then(Value::as_array).is_some_and(|errors| !errors.is_empty());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
