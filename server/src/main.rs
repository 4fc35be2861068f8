//! `tidegate`: a time-series database whose plugins run in a sandbox, and the
//! commands to use it.

mod caller;
mod catalog;
mod cli;
mod connections;
mod databases;
mod flight;
mod grants;
mod http;
mod logging;
mod package;
mod permissions;
mod plugin_log;
mod plugins;
mod queries;
mod quotas;
mod report;
mod sandbox;
mod server;
mod system;
mod tenants;
mod tls;
mod tokens;
mod triggers;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::Cli::parse().run().await {
        Ok(code) => code,
        Err(error) if cli::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            cli::exit_code(&error)
        }
    }
}
