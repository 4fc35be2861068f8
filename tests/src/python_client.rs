//! Clients in Python, unmodified, as their users install them.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Server, cache_directory};

/// Runs a function of a script under `tests/clients` against a server. The test
/// fails with what it printed if it raises anything.
pub fn python_client(server: &Server, script: &str, function: &str) {
    let mut command = Command::new(environment().join("bin/python"));
    command.arg(scripts().join(script)).args([function, &server.url]);
    // What the client would take for its settings.
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("INFLUX")) {
        command.env_remove(name);
    }
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{function} of {script} failed: {stdout}{stderr}");
}

/// The virtual environment with exactly the packages that are required; made
/// once for all checkouts on this machine.
fn environment() -> PathBuf {
    let requirements = scripts().join("requirements.txt");
    let mut key = DefaultHasher::new();
    fs::read(&requirements).unwrap().hash(&mut key);
    run(Command::new("python3").arg("--version")).hash(&mut key);
    let directory = cache_directory().join(format!("clients-{:016x}", key.finish()));
    // Other tests wait here; the lock goes with its process, however that ends.
    let lock = File::create(directory.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    let complete = directory.join("complete");
    if !complete.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&directory));
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"];
        run(Command::new(directory.join("bin/python")).args(pip).arg(&requirements));
        fs::write(complete, "").unwrap();
    }
    directory
}

fn run(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{command:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients")
}
