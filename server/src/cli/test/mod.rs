//! `tidegate test`: a plugin in the sandbox, run once, with nothing kept. Here
//! and without a server, or by a server if one is named or has the plugin.

mod bench;
mod remote;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tidegate::{Clock as _, Event, Request, SystemClock, TriggerSpec};

use super::amounts::{Amount, Argument, amount, argument};
use super::client::Server;
use super::usage::misused;
use crate::grants::NamedGrant;
use crate::report::call_time;
use crate::sandbox::SandboxPlaces;
use bench::Bench;

#[derive(Debug, Subcommand)]
pub(crate) enum Test {
    /// Give a plugin rows, as if they had been written
    #[command(name = "wal_plugin", alias = "wal-plugin", after_help = format!("{WHERE}{ON_WRITE}"))]
    Write(OnWrite),
    /// Run a plugin as if it were time
    #[command(name = "schedule_plugin", alias = "schedule-plugin", after_help = format!("{WHERE}{ON_SCHEDULE}"))]
    Schedule(OnSchedule),
    /// Send a plugin a request
    #[command(name = "request_plugin", alias = "request-plugin", after_help = format!("{WHERE}{ON_REQUEST}"))]
    Request(OnRequest),
}

// Lines are broken by whoever shows it.
const WHERE: &str = "\
It runs here, without a server, if the file is here and no --host is given; else on the server, which looks for it in \
its plugin directory. Nothing that the plugin writes is kept. The exit code is 1 if the run did not succeed.
";

const ON_WRITE: &str = "
Examples:
  tidegate test wal_plugin --lp 'cpu,host=a usage=0.5' my-plugins/hello.py
  tidegate test wal_plugin --host http://127.0.0.1:8181 -d sensors --file readings.lp hello.py";

const ON_SCHEDULE: &str = "
Examples:
  tidegate test schedule_plugin --lp 'cpu usage=0.5' --input-arguments window=1h my-plugins/downsample.py
  tidegate test schedule_plugin --host http://127.0.0.1:8181 -d sensors --schedule '0 0 * * * *' downsample.py";

const ON_REQUEST: &str = "
Examples:
  tidegate test request_plugin --query name=you my-plugins/hello.py
  tidegate test request_plugin --host http://127.0.0.1:8181 -d sensors --method POST --body '{}' hello.py";

#[derive(Debug, Args)]
pub(super) struct Common {
    #[command(flatten)]
    server: Server,
    /// The database in which the plugin runs
    #[arg(short, long, env = "INFLUXDB3_DATABASE_NAME", default_value = "test", value_name = "NAME")]
    database: String,
    /// Rows that the plugin finds in the database, as line protocol; on a server only those of wal_plugin
    #[arg(long, value_name = "LINES")]
    lp: Option<String>,
    /// File with such rows
    #[arg(long, conflicts_with = "lp")]
    file: Option<PathBuf>,
    /// What the plugin is given: name=value,name=value
    #[arg(long, value_delimiter = ',', value_parser = argument, value_name = "NAME=VALUE")]
    input_arguments: Vec<Argument>,
    /// What the run may use; can be repeated
    #[arg(long = "limit", value_parser = amount, value_name = "LIMIT=AMOUNT")]
    limits: Vec<Amount>,
    /// What the run may reach: http=METHOD ORIGIN, env=NAME, secret=NAME, read=DATABASE, write=DATABASE; can be repeated.
    /// Only GET and HEAD are sent
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<NamedGrant>,
    /// A cache that tests on the server share for half an hour; here each begins with none
    #[arg(long, value_name = "NAME")]
    cache_name: Option<String>,
    #[command(flatten)]
    sandbox: SandboxPlaces,
    /// The plugin: a .py, .wasm or .tidegate file, or a folder with __init__.py
    filename: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct OnWrite {
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(crate) struct OnSchedule {
    #[command(flatten)]
    common: Common,
    /// Run at the next time of this cron expression instead of now
    #[arg(long, value_name = "CRON")]
    schedule: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OnRequest {
    #[command(flatten)]
    common: Common,
    /// The method
    #[arg(long, default_value = "GET")]
    method: String,
    /// A parameter of the query string; can be repeated
    #[arg(long, value_parser = argument, value_name = "NAME=VALUE")]
    query: Vec<Argument>,
    /// A header; can be repeated
    #[arg(long, value_parser = argument, value_name = "NAME=VALUE")]
    header: Vec<Argument>,
    /// The body
    #[arg(long, default_value = "")]
    body: String,
}

impl Test {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if let Self::Write(OnWrite { common }) = &self
            && common.lp.is_none()
            && common.file.is_none()
        {
            return Err(misused("either --lp or --file must be provided"));
        }
        if !self.common().runs_here() {
            return self.on_server().await;
        }
        eprintln!("running it here, over the rows given; --host runs it on a server, over the rows there");
        self.here().await
    }

    fn common(&self) -> &Common {
        match self {
            Self::Write(OnWrite { common })
            | Self::Schedule(OnSchedule { common, .. })
            | Self::Request(OnRequest { common, .. }) => common,
        }
    }

    async fn on_server(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Write(asked) => remote::write(asked).await,
            Self::Schedule(asked) => remote::schedule(asked).await,
            Self::Request(asked) => remote::request(asked).await,
        }
    }

    async fn here(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Write(OnWrite { common }) => {
                let bench = Bench::set_up(&common).await?;
                let event = Event::Write(bench.rows().await?);
                bench.run(TriggerSpec::Write(tidegate::TableSelection::All), event).await
            }
            Self::Schedule(OnSchedule { common, schedule }) => {
                let bench = Bench::set_up(&common).await?;
                let time = call_time(schedule.as_deref(), SystemClock::default().now()).map_err(anyhow::Error::msg)?;
                bench.run("every:1h".parse()?, Event::Schedule(time)).await
            }
            Self::Request(OnRequest { common, method, query, header, body }) => {
                let bench = Bench::set_up(&common).await?;
                let pairs = |all: Vec<Argument>| all.into_iter().map(|one| (one.name, one.value));
                let headers = pairs(header).map(|(name, value)| (name.to_lowercase(), value)).collect();
                let (query, path) = (pairs(query).collect(), "test".to_owned());
                let request = Request { method, path, query, headers, body: body.into_bytes() };
                bench.run("request:test".parse()?, Event::Request(request)).await
            }
        }
    }
}

impl Common {
    fn runs_here(&self) -> bool {
        !self.server.is_named() && self.filename.exists()
    }
}
