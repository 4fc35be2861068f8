//! The commands, named as InfluxDB 3 names them.

mod amounts;
mod client;
mod create;
mod delete;
mod input;
mod logs;
mod output;
mod package;
mod query;
mod serve;
mod show;
mod storage;
mod switch;
mod table;
mod test;
mod write;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use output::is_closed;

const EXAMPLES: &str = "\
Examples:
  tidegate serve --node-id n0 --data-dir data --plugin-dir my-plugins --without-auth
  tidegate write --database sensors 'cpu,host=a usage=0.5'
  tidegate query --database sensors 'SELECT * FROM cpu'
  tidegate create trigger --database sensors --path hello.py --trigger-spec table:cpu hello
  tidegate test wal_plugin --lp 'cpu,host=a usage=0.5' my-plugins/hello.py";

/// A time-series database whose plugins run in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, after_help = EXAMPLES, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a server
    Serve(Box<serve::Serve>),
    /// Create a database or a trigger
    #[command(subcommand)]
    Create(create::Create),
    /// Delete a database or a trigger
    #[command(subcommand)]
    Delete(delete::Delete),
    /// Let a trigger run
    #[command(subcommand)]
    Enable(switch::Switch),
    /// Stop a trigger, which keeps its place
    #[command(subcommand)]
    Disable(switch::Switch),
    /// Show databases, or triggers and how they fare
    #[command(subcommand)]
    Show(show::Show),
    /// Show what a trigger's plugin said last, and why its runs failed
    Logs(logs::Logs),
    /// Write line protocol
    #[command(visible_alias = "w")]
    Write(write::Write),
    /// Run a SQL query
    #[command(visible_alias = "q")]
    Query(query::Query),
    /// Try a plugin out in the sandbox, here and now, without a server
    #[command(subcommand)]
    Test(Box<test::Test>),
    /// Put a plugin and the Python packages that it needs into one file
    Package(package::Package),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(serve) => serve.run().await?,
            Command::Create(create) => create.run().await?,
            Command::Delete(delete) => delete.run().await?,
            Command::Enable(switch) => switch.run(switch::To::Enabled).await?,
            Command::Disable(switch) => switch.run(switch::To::Disabled).await?,
            Command::Show(show) => show.run().await?,
            Command::Logs(logs) => logs.run().await?,
            Command::Write(write) => write.run().await?,
            Command::Query(query) => query.run().await?,
            Command::Package(package) => package.run().await?,
            Command::Test(test) => return test.run().await,
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_incumbents_command_lines_are_understood() {
        for line in [
            "tidegate serve --node-id n0 --data-dir d --plugin-dir p --http-bind 127.0.0.1:8181 --without-auth",
            "tidegate create trigger -d db -H http://h:1 --path a.py --trigger-spec all_tables --trigger-arguments a=b,c=d --run-asynchronous --error-behavior retry --disabled t",
            "tidegate create trigger -d db --plugin-filename a.py --trigger-spec table:cpu --limit fuel=5 --limit deadline_ms=1 t",
            "tidegate delete trigger -d db --force t",
            "tidegate enable trigger -d db t",
            "tidegate show databases --format json",
            "tidegate logs -d db --last 5 t",
            "tidegate write -d db -p ns --file f.lp",
            "tidegate query -d db --format csv SELECT",
            "tidegate package convert -o convert.tidegate --python python3.12 --requirements r.txt --locked",
            "tidegate test wal_plugin -d db --lp cpu --input-arguments a=b f.py",
        ] {
            Cli::try_parse_from(line.split(' ')).unwrap_or_else(|error| panic!("{error}"));
        }
    }

    #[test]
    fn mistakes_are_found_before_anything_is_sent() {
        for (line, says) in [
            ("tidegate create trigger -d db --path a.py --trigger-spec soon t", "expect one of the following forms"),
            ("tidegate create trigger -d db --trigger-spec all_tables t", "--path"),
            ("tidegate create trigger -d db --path a --trigger-spec all_tables --limit time=1 t", "known=`fuel"),
            (
                "tidegate create trigger -d db --path a --trigger-spec all_tables --trigger-arguments a t",
                "must be formatted as \"key=value\"",
            ),
            ("tidegate write -d db -p hour cpu", "a precision is one of"),
        ] {
            let error = Cli::try_parse_from(line.split(' ')).unwrap_err();
            assert!(error.to_string().contains(says), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
