//! The server, as a process of its own.

use std::process::Stdio;

use anyhow::{Context as _, bail};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::places::Places;
use crate::screen::Screen;

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: String,
    _process: Child,
}

/// Starts a server, waits until it listens, and shows what it logs from then
/// on.
pub(crate) async fn start(places: &Places, screen: &Screen) -> anyhow::Result<Server> {
    let mut process = Command::new(&places.program)
        .args(["serve", "--node-id", "demo", "--http-bind", "127.0.0.1:0", "--without-auth"])
        .args(["--log-format", "json"])
        .args([("--data-dir", places.data()), ("--plugin-dir", places.plugins())].map(flag).concat())
        .args(
            [("--runner-dir", places.runners.clone()), ("--artefact-dir", places.artefacts.clone())].map(flag).concat(),
        )
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        // Ctrl-C is for the demo, which then ends the server.
        .process_group(0)
        .spawn()
        .with_context(|| format!("cannot start the server. program=`{}`", places.program.display()))?;
    let stdout = process.stdout.take().context("the server has no output")?;
    let mut log = BufReader::new(stdout).lines();
    let address = loop {
        let Some(line) = log.next_line().await? else {
            bail!("the server ended before it listened; its error stands above");
        };
        if let Some(address) = entry(&line, "address") {
            break address;
        }
    };
    tokio::spawn(follow(log, screen.clone()));
    Ok(Server { address, _process: process })
}

fn flag((name, path): (&str, std::path::PathBuf)) -> [std::ffi::OsString; 2] {
    [name.into(), path.into()]
}

async fn follow(mut log: Lines<BufReader<ChildStdout>>, screen: Screen) {
    while let Ok(Some(line)) = log.next_line().await {
        let of = |name| entry(&line, name).unwrap_or_default();
        let (level, message) = (of("level"), of("message"));
        // What frames each run says nothing about the data.
        let frames = message.starts_with("starting execution") || message.starts_with("finished execution");
        match of("target").as_str() {
            "plugin" if !frames => screen.log((&of("trigger"), &level), &message),
            "plugin" => {}
            _ if level == "ERROR" || level == "WARN" => screen.log(("server", &level), &message),
            _ => {}
        }
    }
}

fn entry(line: &str, name: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    Some(entry.get(name)?.as_str()?.to_owned())
}
