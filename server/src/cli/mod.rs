//! The commands, named as InfluxDB 3 names them.

mod amounts;
mod client;
mod code;
mod confirm;
mod create;
mod definition;
mod delete;
mod first_token;
mod input;
mod logs;
mod output;
mod package;
mod periods;
mod query;
mod quotas;
mod record;
mod rows;
mod run;
mod serve;
mod show;
mod storage;
mod switch;
mod table;
mod test;
mod unsupported;
mod update;
mod usage;
mod write;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub(crate) use output::is_closed;
pub(crate) use usage::exit_code;

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
    /// Create a database, a table, a trigger, a tenant or a token
    #[command(subcommand)]
    Create(Box<create::Create>),
    /// Change how long a database keeps rows, a trigger's code or definition, or a tenant's quotas
    #[command(subcommand)]
    Update(update::Update),
    /// Delete a database, a table, a trigger, a tenant or a token
    #[command(subcommand)]
    Delete(delete::Delete),
    /// Let a trigger run
    #[command(subcommand)]
    Enable(switch::Switch),
    /// Stop a trigger, which keeps its place
    #[command(subcommand)]
    Disable(switch::Switch),
    /// Run a trigger now, and tell how it went
    #[command(subcommand)]
    Run(run::Run),
    /// Show databases, triggers and how they fare, tenants, tokens, or what the server knows of itself
    #[command(subcommand)]
    Show(Box<show::Show>),
    /// Show what a trigger's plugin said last, and why its runs failed
    Logs(logs::Logs),
    /// Write line protocol
    #[command(visible_alias = "w")]
    Write(Box<write::Write>),
    /// Run a SQL query
    #[command(visible_alias = "q")]
    Query(Box<query::Query>),
    /// Try a plugin out in the sandbox, here without a server, or on a server
    #[command(subcommand)]
    Test(Box<test::Test>),
    /// Put a plugin and the Python packages that it needs into one file
    Package(package::Package),
    /// Not supported: see `tidegate package`
    #[command(subcommand)]
    Install(unsupported::Install),
}

impl Cli {
    /// Does what was asked.
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Serve(serve) => serve.run().await?,
            Command::Create(create) => create.run().await?,
            Command::Update(update) => update.run().await?,
            Command::Delete(delete) => delete.run().await?,
            Command::Enable(switch) => switch.run(switch::To::Enabled).await?,
            Command::Disable(switch) => switch.run(switch::To::Disabled).await?,
            Command::Show(show) => show.run().await?,
            Command::Logs(logs) => logs.run().await?,
            Command::Write(write) => write.run().await?,
            Command::Query(query) => query.run().await?,
            Command::Package(package) => package.run().await?,
            Command::Install(install) => install.run()?,
            Command::Run(run) => return run.run().await,
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

    fn parsed(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_incumbents_command_lines_are_understood() {
        for line in [
            "tidegate serve --node-id n0 --data-dir d --plugin-dir p --http-bind 127.0.0.1:8181 --without-auth",
            "tidegate create trigger -d db -H http://h:1 --path a.py --trigger-spec all_tables --trigger-arguments a=b,c=d --run-asynchronous --error-behavior retry --disabled t",
            "tidegate create trigger -d db --plugin-filename a.py --trigger-spec table:cpu --limit fuel=5 --limit deadline_ms=1 t",
            "tidegate create trigger -d db --token x --tls-ca ca.pem --path a --upload --node-spec all --trigger-spec every:1m --error-behavior Disable t",
            "tidegate update trigger -d db -t t -p plugin",
            "tidegate update trigger --database db --trigger-name t --path plugin/",
            "tidegate delete trigger -d db --force t",
            "tidegate enable trigger -d db t",
            "tidegate disable trigger --database db --token x t",
            "tidegate create database --host https://h:1 --tls-no-verify --retention-period 30d db",
            "tidegate update database -d db -r none",
            "tidegate delete database --hard-delete now -y db",
            "tidegate create table -d db --tags a,b --fields f1:int64,f2:utf8 t",
            "tidegate create table -d db --tags a -f f1:bool t",
            "tidegate delete table -d db t",
            "tidegate create token --admin",
            "tidegate create token --admin --name n --expiry 10d --format json",
            "tidegate create token --admin --regenerate --token x",
            "tidegate create token --permission db:db1,db2:read,write --name n --token x --expiry 1y",
            "tidegate create token --admin --name n --expiry 1y --offline --output-file f.json",
            "tidegate delete token --token-name n",
            "tidegate show databases --show-deleted --format json",
            "tidegate show retention --database db",
            "tidegate show tokens --format csv",
            "tidegate show plugins --format jsonl",
            "tidegate show system -d db table-list",
            "tidegate show system -d db table -l 5 -o time,x -s x,time processing_engine_logs",
            "tidegate show system --database db summary -l 3",
            "tidegate logs -d db --last 5 t",
            "tidegate write -d db -p ns --file f.lp",
            "tidegate w -d db -f f.lp --accept-partial --no-sync --gzip --max-request-size 5MiB --max-concurrent-requests 4 -q --write-host http://h:1",
            "tidegate query -d db --format csv SELECT",
            "tidegate q -d db -l sql --format parquet -o out.parquet -f q.sql --query-host http://h:1",
            "tidegate install package -d db --requirements r.txt pandas",
            "tidegate create last_cache -d db -t cpu --key-columns host --count 5 c",
            "tidegate delete distinct_cache -d db -t cpu c",
            "tidegate test wal_plugin -d db --lp cpu --input-arguments a=b --cache-name c f.py",
            "tidegate test wal_plugin -H http://h:1 -d db --file f.lp f.py",
            "tidegate test schedule_plugin -d db --schedule 0 f.py",
        ] {
            parsed(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn what_goes_beyond_the_incumbent_is_understood() {
        for line in [
            "tidegate update trigger -d db -t t --trigger-spec every:1m --trigger-arguments a=b --error-behavior retry --retries 3 --catch-up all --instance warm --run-asynchronous=false --limit fuel=5 --grant env=A --clear limits",
            "tidegate run trigger -d db --format json t",
            "tidegate create tenant --quota stored_bytes=10GiB --quota databases=5 acme",
            "tidegate update tenant --quota triggers=0 acme",
            "tidegate delete tenant -y acme",
            "tidegate show tenants --format json",
            "tidegate create token --tenant acme --name n --permission db:a,b:triggers,request --permission db:*:read",
            "tidegate query -d db --tenant acme SELECT",
            "tidegate show trigger -d db --runs 3 t",
            "tidegate show triggers -d db --format json",
            "tidegate query -d db --param a=1 --param b=x SELECT",
            "tidegate test request_plugin -d db --method POST --query a=b --header c=d --body x f.py",
            "tidegate package convert -o convert.tidegate --python python3.12 --requirements r.txt --locked",
        ] {
            parsed(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        }
    }

    #[test]
    fn mistakes_are_found_before_anything_is_sent() {
        for (line, says) in [
            ("tidegate create trigger -d db --path a.py --trigger-spec soon t", "expect one of the following forms"),
            ("tidegate create trigger -d db --path a t", "--trigger-spec"),
            ("tidegate create trigger -d db --path a --trigger-spec all_tables --limit time=1 t", "known=`fuel"),
            ("tidegate create trigger -d db --path a --trigger-spec all_tables --node-spec nodes:a t", "one node"),
            (
                "tidegate create trigger -d db --path a --trigger-spec all_tables --trigger-arguments a t",
                "must be formatted as \"key=value\"",
            ),
            ("tidegate update trigger -d db -t t --path a --plugin-filename b", "cannot be used with"),
            ("tidegate update database -d db -r month", "30d"),
            ("tidegate create table -d db --fields a:i64 t", "int64, uint64, float64, utf8, bool"),
            ("tidegate create token --name n", "--admin"),
            ("tidegate create token --permission db:a:read", "--name"),
            ("tidegate create token --admin --name n --permission db:a:read", "cannot be used with"),
            ("tidegate create token --name n --permission db:a:own", "no action `own`"),
            ("tidegate create tenant --quota runs=1 acme", "no such quota"),
            ("tidegate create token --admin --offline", "--output-file"),
            ("tidegate show system -d db table a;b", "letters, digits and _"),
            ("tidegate write -d db -p hour cpu", "a precision is one of"),
            ("tidegate write -d db --max-request-size big cpu", "KiB or MiB"),
            ("tidegate write -d db --max-concurrent-requests 0 cpu", "non-zero"),
        ] {
            let error = parsed(line).unwrap_err();
            assert!(error.to_string().contains(says), "{line}: {error}");
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn no_help_shows_a_token_and_each_command_has_an_example() {
        let mut all = vec![Cli::command()];
        while let Some(mut command) = all.pop() {
            let (help, name) = (command.render_long_help().to_string(), command.get_name().to_owned());
            assert!(!help.contains("INFLUXDB3_AUTH_TOKEN="), "{help}");
            let refuses = command.get_about().is_some_and(|about| about.to_string().starts_with("Not supported"));
            if !command.has_subcommands() && !refuses {
                assert!(help.contains("tidegate ") || SUMMED_UP.contains(&name.as_str()), "{name} has no example");
            }
            all.extend(command.get_subcommands().filter(|inner| inner.get_name() != "help").cloned());
        }
    }

    /// Commands whose examples stand with the command above them.
    const SUMMED_UP: [&str; 3] = ["table-list", "table", "summary"];
}
