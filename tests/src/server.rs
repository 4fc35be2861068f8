//! A real server process, and the real command line pointed at it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use crate::cache_directory;

/// A server that ends with the test.
#[derive(Debug)]
pub struct Server {
    process: Child,
    directory: TempDir,
    /// How it was started.
    command: Command,
    /// `http://127.0.0.1:PORT`
    pub url: String,
}

impl Server {
    /// Starts a server with nothing in it, and waits until it listens.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(|_, _| {})
    }

    /// As `start`, with what `more` adds to the command; it may put files into
    /// the folder that it is given.
    #[must_use]
    pub fn start_with(more: impl FnOnce(&mut Command, &Path)) -> Self {
        Self::start_guarded(|command, directory| {
            command.arg("--without-auth");
            more(command, directory);
        })
    }

    /// As `start_with`, but a server that asks for tokens unless `more` says
    /// otherwise. Whoever asks first becomes the operator.
    #[must_use]
    pub fn start_guarded(more: impl FnOnce(&mut Command, &Path)) -> Self {
        let directory = TempDir::new().unwrap();
        std::fs::create_dir(directory.path().join("plugins")).unwrap();
        let mut command = Command::new(program());
        command
            .args([
                "serve",
                "--node-id",
                "test",
                "--http-bind",
                "127.0.0.1:0",
                "--log-format",
                "json",
                "--first-token",
                "asked",
            ])
            .arg("--data-dir")
            .arg(directory.path().join("data"))
            .arg("--plugin-dir")
            .arg(directory.path().join("plugins"))
            .arg("--runner-dir")
            .arg(cache_directory().join("guests/runners"))
            .arg("--artefact-dir")
            .arg(cache_directory().join("artefacts"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        more(&mut command, directory.path());
        let (process, url) = begin(&mut command);
        Self { process, directory, command, url }
    }

    /// Kills the server and starts it again over the same directory.
    pub fn restart(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        (self.process, self.url) = begin(&mut self.command);
    }

    /// The number of its process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// How many files and connections it has open.
    #[must_use]
    pub fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.process_id())).unwrap().count()
    }

    /// How many threads of that name it has.
    #[must_use]
    pub fn threads(&self, name: &str) -> usize {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.process_id())).unwrap();
        // One may end while it is looked at.
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim_end() == name).count()
    }

    /// Puts a file into the plugin directory.
    pub fn save(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.plugins().join(name), content).unwrap();
    }

    /// The data directory.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The plugin directory.
    #[must_use]
    pub fn plugins(&self) -> PathBuf {
        self.directory.path().join("plugins")
    }

    /// Runs `tidegate` against this server.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program());
        command.args(arguments).env("INFLUXDB3_HOST_URL", &self.url).env("INFLUXDB3_DATABASE_NAME", "db");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// Runs `tidegate` and returns what it printed.
    #[must_use]
    pub fn tell(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{arguments:?} failed: {stdout}{stderr}");
        stdout
    }

    /// The result of a query as CSV, without its header.
    #[must_use]
    pub fn query(&self, sql: &str) -> String {
        let csv = self.tell(&["query", "--format", "csv", sql]);
        csv.split_once('\n').map_or_else(String::new, |(_, rows)| rows.trim_end().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Starts a server, waits until it listens, and says where.
fn begin(command: &mut Command) -> (Child, String) {
    let mut process = command.spawn().unwrap();
    let mut log = BufReader::new(process.stdout.take().unwrap()).lines();
    let address = log.by_ref().find_map(|line| address(&line.unwrap())).expect("the server listens");
    // Somebody must read on, or the server would wait for them some day.
    std::thread::spawn(move || log.for_each(drop));
    (process, format!("http://{address}"))
}

/// The binary that `make test` has built beside the tests.
#[must_use]
pub fn program() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let program = tests.ancestors().nth(2).unwrap_or(Path::new(".")).join("tidegate");
    assert!(program.exists(), "{} is missing: run `cargo build --bins` first", program.display());
    program
}

fn address(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"address\":\"")?;
    rest.split('"').next().map(str::to_owned)
}
