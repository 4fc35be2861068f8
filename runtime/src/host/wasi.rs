//! `wasi:*@0.2`: what standard libraries expect of any host. Clocks, chance and
//! output are the run's own; the environment is what [`variables`] says; there are
//! no sockets. The files are in `files.rs`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::io::AsyncWrite;
use wasmtime::component::Linker;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream, WasiCli, WasiCliView};
use wasmtime_wasi::p2::bindings::{cli, random, sockets};
use wasmtime_wasi::p2::{self, OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::random::{WasiRandom, WasiRandomView};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiView};

use super::{Principal, RunLog, Services};
use crate::model::{FileTree, LogLevel, RunSeed};

/// The packages of `wasi` that are offered, all of them at version 0.2.
pub(crate) const OFFERED: [&str; 6] = ["io", "clocks", "random", "cli", "filesystem", "sockets"];

/// More random bytes than anybody needs at once.
const MAX_RANDOM_BYTES: u64 = 64 << 10;
/// The longest line of output before it is broken.
const LONGEST_LINE: usize = 8 << 10;

/// Links what is offered, but for the files. Nothing of it reaches the machine:
/// the context made by [`context`] allows no address.
pub(super) fn link<T: WasiView>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    // Streams, clocks, secure randomness, input and output.
    p2::add_to_linker_proxy_interfaces_async(linker)?;
    random::insecure::add_to_linker::<T, WasiRandom>(linker, |state| state.random())?;
    random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, |state| state.random())?;
    cli::environment::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::exit::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_input::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_output::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<T, WasiSockets>(linker, &options, T::sockets)?;
    sockets::instance_network::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::ip_name_lookup::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::udp_create_socket::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::tcp::add_to_linker::<T, WasiSockets>(linker, T::sockets)?;
    sockets::udp::add_to_linker::<T, WasiSockets>(linker, T::sockets)
}

/// The run's own clocks, chance, output and environment.
pub(super) fn context(
    services: &Arc<Services>,
    output: &Output,
    (seed, variables): (RunSeed, &[(String, String)]),
) -> WasiCtx {
    let mut chance = StdRng::from_seed(seed);
    let hash_seed = u128::from(chance.next_u64()) << 64 | u128::from(chance.next_u64());
    WasiCtx::builder()
        .wall_clock(RunClock(Arc::clone(services)))
        .monotonic_clock(RunClock(Arc::clone(services)))
        .insecure_random(StdRng::from_rng(&mut chance))
        .insecure_random_seed(hash_seed)
        .secure_random(chance)
        .max_random_size(MAX_RANDOM_BYTES)
        .envs(variables)
        .allow_tcp(false)
        .allow_udp(false)
        .stdout(output.standard.clone())
        .stderr(output.error.clone())
        .build()
}

/// What a guest finds in its environment: who runs it, where its files are, and
/// what was granted.
pub(super) fn variables(files: &FileTree, principal: &Principal) -> Vec<(String, String)> {
    let mut variables = BTreeMap::new();
    if let Principal::Trigger { id, grants, .. } = principal {
        let granted = grants.variables.iter().chain(&grants.secrets);
        variables.extend(granted.map(|(name, value)| (name.as_str(), value.expose())));
        variables.insert("TIDEGATE_DATABASE", id.database.name.as_str());
        variables.insert("TIDEGATE_TRIGGER", id.name.as_str());
    }
    variables.extend(files.plugin_directory.as_deref().map(|directory| ("PLUGIN_DIR", directory)));
    variables.insert("TZ", "UTC");
    variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

struct RunClock(Arc<Services>);

impl HostWallClock for RunClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.clock.now().0).unwrap_or(0))
    }
}

impl HostMonotonicClock for RunClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.clock.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// What a guest prints.
pub(super) struct Output {
    standard: LogPipe,
    error: LogPipe,
}

impl Output {
    pub(super) fn new(log: &RunLog) -> Self {
        Self { standard: LogPipe::new(log, LogLevel::Info), error: LogPipe::new(log, LogLevel::Warn) }
    }

    /// Logs what the guest has printed without ending the line.
    pub(super) fn end_lines(&self) {
        self.standard.end_line();
        self.error.end_line();
    }
}

/// Turns what a guest prints into log entries, a line each.
#[derive(Clone)]
struct LogPipe {
    log: RunLog,
    level: LogLevel,
    /// The line that has not ended yet.
    line: Arc<Mutex<Vec<u8>>>,
}

impl LogPipe {
    fn new(log: &RunLog, level: LogLevel) -> Self {
        Self { log: log.clone(), level, line: Arc::default() }
    }

    fn print(&self, bytes: &[u8]) -> StreamResult<()> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        for byte in bytes {
            if *byte != b'\n' {
                line.push(*byte);
            }
            if *byte == b'\n' || line.len() >= LONGEST_LINE {
                self.end(&mut line)?;
            }
        }
        Ok(())
    }

    fn end_line(&self) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if !line.is_empty() {
            // A run that is over cannot be stopped.
            let _ = self.end(&mut line);
        }
    }

    fn end(&self, line: &mut Vec<u8>) -> StreamResult<()> {
        let message = String::from_utf8_lossy(line).into_owned();
        line.clear();
        self.log.push(self.level, message).map_err(|limit| StreamError::Trap(limit.into()))
    }
}

impl IsTerminal for LogPipe {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogPipe {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Only 0.3 of WASI asks for this one, and it is not linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LogPipe {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for LogPipe {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.print(&bytes)
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::{Effects, RunContext};
    use crate::model::{DatabaseName, Grants, Secret, TriggerId, TriggerName, VariableName};

    #[test]
    fn the_environment_has_who_runs_and_the_values_of_what_was_granted() {
        let named = |name: &str, value: &str| (VariableName::new(name).unwrap(), Secret::new(value));
        let grants = Grants {
            variables: [named("REGION", "eu")].into(),
            secrets: [named("KEY", "hunter2")].into(),
            ..Grants::default()
        };
        let id = TriggerId {
            database: DatabaseName::new("sensors").unwrap().into(),
            name: TriggerName::new("hourly").unwrap(),
        };
        let run = RunContext { number: 1, depth: 1, effects: Effects::Real };
        let principal = Principal::Trigger { id, grants: Arc::new(grants), run };
        let shown = |principal, files: &FileTree| {
            let variables = variables(files, principal);
            variables.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>()
        };
        let expected = [
            "KEY=hunter2",
            "PLUGIN_DIR=/plugin",
            "REGION=eu",
            "TIDEGATE_DATABASE=sensors",
            "TIDEGATE_TRIGGER=hourly",
            "TZ=UTC",
        ];
        assert_eq!(shown(&principal, &FileTree::of_plugin_in("/plugin".to_owned())), expected);
        assert_eq!(
            shown(&Principal::Registration(crate::model::TenantId::default_tenant()), &FileTree::default()),
            ["TZ=UTC"]
        );
    }
}
