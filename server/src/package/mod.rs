//! Makes bundles: a plugin, its packages, one file.

mod lock;
mod manifest;
mod names;
mod native;
mod pip;
mod plugin;
mod requirements;
mod resolve;
mod trial;
mod wheel;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tidegate_bundle::{About, Bundle, Manifest, Package};

use crate::sandbox::Sandbox;
use lock::Lock;
use native::Lighter;
use plugin::Plugin;
use requirements::Requirements;
pub(crate) use trial::{Cost, Trial};
use wheel::Wheel;

/// The Python in the sandbox.
const PYTHON: &str = "3.14";

/// What is to be packaged.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) plugin: PathBuf,
    pub(crate) output: Option<PathBuf>,
    /// The Python whose pip is used.
    pub(crate) python: String,
    pub(crate) requirements: Option<PathBuf>,
    /// Whether the lock must stay as it is.
    pub(crate) locked: bool,
}

/// What was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) path: PathBuf,
    pub(crate) bytes: usize,
    /// Name, version and bytes of each package.
    pub(crate) packages: Vec<(String, String, usize)>,
    /// Packages without their native part, and which modules that costs.
    pub(crate) lighter: Vec<(String, Vec<String>)>,
    /// Or why it was not tried.
    pub(crate) trial: Result<Trial, String>,
    /// If it was written anew.
    pub(crate) lock: Option<PathBuf>,
}

/// Makes a bundle. Blocks while pip runs.
///
/// # Errors
/// Says what is in the way, and what to do about it.
pub(crate) async fn make(order: &Order, sandbox: &Sandbox) -> anyhow::Result<Made> {
    let plugin = Plugin::read(&order.plugin)?;
    let (requirements, lock_file) = plugin.requirements(order.requirements.as_deref())?;
    let (wheels, lock) = choose(order, &requirements, &lock_file)?;
    let untried = sandbox.runners.missing_for(Path::new("plugin.py"));
    if let (Some(reason), true) = (&untried, wheels.iter().any(|wheel| !wheel.native.is_empty())) {
        bail!("whether packages work without their native code has to be tried: {reason}");
    }
    let lighter = native::leave_out(sandbox, &wheels).await?;
    let output = order.output.clone().unwrap_or_else(|| plugin.bundle());
    let bundle = bundle(plugin, &wheels)?.write().map_err(|error| anyhow::anyhow!("the bundle {error}"))?;
    let trial = match untried {
        Some(reason) => Err(reason),
        None => Ok(trial::measure(sandbox, &bundle).await?),
    };
    let lock = lock.map(|lock| replace(&lock_file, lock.text().as_bytes()).map(|()| lock_file)).transpose()?;
    replace(&output, &bundle)?;
    let package = |wheel: &Wheel| (wheel.name.clone(), wheel.version.clone(), wheel.bytes());
    Ok(Made {
        path: output,
        bytes: bundle.len(),
        packages: wheels.iter().map(package).collect(),
        lighter: lighter.into_iter().map(|Lighter { package, lost }| (package, lost)).collect(),
        trial,
        lock,
    })
}

/// The wheels that the lock pins, or others and the lock that pins those.
fn choose(order: &Order, requirements: &Requirements, lock_file: &Path) -> anyhow::Result<(Vec<Wheel>, Option<Lock>)> {
    if requirements.is_empty() {
        return Ok((Vec::new(), None));
    }
    let shown = lock_file.display();
    let lock = match fs::read_to_string(lock_file) {
        Ok(text) => {
            Some(Lock::parse(&text).with_context(|| format!("{shown} cannot be used; delete it to choose anew"))?)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("{shown} cannot be read")),
    };
    let digest = requirements.digest();
    match lock {
        Some(lock) if lock.digest == digest => Ok((resolve::pinned(&order.python, requirements, &lock)?, None)),
        Some(_) if order.locked => bail!("{shown} is for other requirements; run without --locked to refresh it"),
        None if order.locked => bail!("there is no {shown}; run without --locked to write it"),
        Some(_) | None => {
            let wheels = resolve::anew(&order.python, requirements)?;
            let lock = Lock::of(digest, &wheels);
            Ok((wheels, Some(lock)))
        }
    }
}

fn bundle(plugin: Plugin, wheels: &[Wheel]) -> anyhow::Result<Bundle> {
    let Plugin { name, manifest, files, .. } = plugin;
    let about = manifest.plugin;
    let mut manifest =
        Manifest::new(About { name, version: about.version, entry_points: about.triggers, ..trial::python() });
    manifest.packages = wheels
        .iter()
        .map(|wheel| Package {
            name: wheel.name.clone(),
            version: wheel.version.clone(),
            wheel: wheel.file.clone(),
            sha256: wheel.sha256.clone(),
            left_out: wheel.native.clone(),
        })
        .collect();
    Ok(Bundle { manifest, plugin: files, packages: native::merged(wheels)? })
}

/// Writes a file so that nobody ever sees half of it: a server may be looking.
fn replace(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let write = || -> std::io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let readable = fs::Permissions::from_mode(0o644);
        let mut file = tempfile::Builder::new().prefix(".").permissions(readable).tempfile_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("{} cannot be written", path.display()))
}
