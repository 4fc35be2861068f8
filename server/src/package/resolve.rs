//! Which wheels a plugin needs: chosen by pip, or as a lock pins them.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;

use super::lock::{Lock, Pin};
use super::pip::{self, PipError, Wheels};
use super::requirements::Requirements;
use super::wheel::Wheel;

/// Chooses wheels for `requirements`, the newest that fit, and fetches them.
///
/// # Errors
/// If pip finds none, or no pip is found.
pub(super) fn anew(python: &str, requirements: &Requirements) -> anyhow::Result<Vec<Wheel>> {
    let folder = TempDir::new()?;
    let wanted = folder.path().join("requirements.txt");
    fs::write(&wanted, requirements.text())?;
    let chosen = folder.path().join("chosen");
    let options: Vec<_> = requirements.options().iter().map(OsStr::new).collect();
    fetch(python, Wheels::Native, &chosen, &[&options[..], &[OsStr::new("-r"), wanted.as_os_str()]].concat())?;
    let mut wheels = read(&chosen)?;
    for wheel in wheels.iter_mut().filter(|wheel| !Wheel::is_pure(&wheel.file)) {
        // pip prefers native wheels; there may be a pure one of the same version.
        let pure = folder.path().join(&wheel.file).with_extension("pure");
        let pin = format!("{}=={}", wheel.name, wheel.version);
        let arguments = [&options[..], &[OsStr::new("--no-deps"), OsStr::new(&pin)]].concat();
        match pip::download(python, Wheels::Pure, &pure, &arguments) {
            Ok(()) => *wheel = read(&pure)?.pop().context("pip fetched nothing")?,
            Err(PipError::NoMatch(..)) => {}
            Err(error) => return Err(failed(python, &error)),
        }
    }
    Ok(wheels)
}

/// Fetches exactly what `lock` pins.
///
/// # Errors
/// If pip cannot fetch it, or it is not what was pinned.
pub(super) fn pinned(python: &str, requirements: &Requirements, lock: &Lock) -> anyhow::Result<Vec<Wheel>> {
    let folder = TempDir::new()?;
    let fetched = folder.path().join("fetched");
    let (pure, native): (Vec<_>, Vec<_>) = lock.pins.iter().partition(|pin| Wheel::is_pure(&pin.file));
    for (kind, pins) in [(Wheels::Pure, pure), (Wheels::Native, native)] {
        if pins.is_empty() {
            continue;
        }
        let wanted = folder.path().join("requirements.txt");
        let lines: String = pins.into_iter().map(Pin::text).collect();
        fs::write(&wanted, lines)?;
        let options = requirements.options().iter().map(OsStr::new);
        let mut arguments: Vec<_> = options.chain(["--no-deps", "--require-hashes", "-r"].map(OsStr::new)).collect();
        arguments.push(wanted.as_os_str());
        fetch(python, kind, &fetched, &arguments)?;
    }
    let wheels = read(&fetched)?;
    lock.check(&wheels)?;
    Ok(wheels)
}

fn fetch(python: &str, wheels: Wheels, folder: &Path, arguments: &[&OsStr]) -> anyhow::Result<()> {
    pip::download(python, wheels, folder, arguments).map_err(|error| failed(python, &error))
}

fn failed(python: &str, error: &PipError) -> anyhow::Error {
    anyhow!("pip of `{python}` {error}")
}

/// Reads all wheels in `folder`, in the order of their names.
fn read(folder: &Path) -> anyhow::Result<Vec<Wheel>> {
    let mut wheels = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            wheels.push(Wheel::read(&entry?.path())?);
        }
    }
    wheels.sort_by_key(|wheel| wheel.name.to_lowercase());
    Ok(wheels)
}
