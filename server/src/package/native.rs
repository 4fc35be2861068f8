//! Whether a package works without its native part: it is tried.

use anyhow::bail;
use tidegate_bundle::{About, Bundle, File, Manifest};

use super::trial;
use super::wheel::Wheel;
use crate::sandbox::Sandbox;

/// A package whose native part is left out.
#[derive(Debug)]
pub(super) struct Lighter {
    pub(super) package: String,
    /// The modules that cannot be imported without it.
    pub(super) lost: Vec<String>,
}

/// Tries those of `wheels` that have native files without them.
///
/// # Errors
/// Names the packages that do not work: their own module cannot be imported, or
/// half of all their modules.
pub(super) async fn leave_out(sandbox: &Sandbox, wheels: &[Wheel]) -> anyhow::Result<Vec<Lighter>> {
    let files = merged(wheels)?;
    let (mut lighter, mut refused) = (Vec::new(), Vec::new());
    for wheel in wheels.iter().filter(|wheel| !wheel.native.is_empty()) {
        match without_native(sandbox, &files, wheel).await? {
            Ok(lost) => lighter.push(Lighter { package: wheel.name.clone(), lost }),
            Err(failure) => refused.push(refusal(wheel, &failure)),
        }
    }
    if refused.is_empty() { Ok(lighter) } else { bail!("{}", refused.join("\n")) }
}

/// A module, and why it cannot be imported.
type Failure = (String, String);

/// Which modules a wheel loses with its native files, or what it cannot do
/// without.
async fn without_native(
    sandbox: &Sandbox,
    files: &[File],
    wheel: &Wheel,
) -> anyhow::Result<Result<Vec<String>, Failure>> {
    let altogether = |module| (module, "is native code altogether".to_owned());
    if let Some(module) = wheel.native_modules().next() {
        return Ok(Err(altogether(module)));
    }
    let modules: Vec<_> = wheel.modules().into_iter().collect();
    let public: Vec<_> = modules.iter().filter(|module| is_public(module)).cloned().collect();
    if public.is_empty() {
        return Ok(Err(altogether(wheel.name.clone())));
    }
    // First and by themselves: what fails here makes the others fail as well.
    if let Some(failure) = import(sandbox, files, &public).await?.into_iter().next() {
        return Ok(Err(failure));
    }
    let failures = import(sandbox, files, &modules).await?;
    if failures.len().saturating_mul(2) >= modules.len()
        && let Some(first) = failures.first()
    {
        return Ok(Err(first.clone()));
    }
    Ok(Ok(failures.into_iter().map(|(module, _)| module).collect()))
}

/// Whether a module is what a package is imported by. Some bring a private one,
/// too, for the native part alone.
fn is_public(module: &str) -> bool {
    !module.contains('.') && !module.starts_with('_')
}

fn refusal(wheel: &Wheel, (module, error): &Failure) -> String {
    let Wheel { name, version, native, .. } = wheel;
    let first = native.first().map_or("", String::as_str);
    format!(
        "{name} {version} does not work without its native code, and only pure Python runs in the sandbox; do without \
         it, or take a pure-Python package in its place. wheel=`{}` native_files=`{}` such_as=`{first}` \
         import=`{module}` error=`{error}`",
        wheel.file,
        native.len()
    )
}

/// All files of all wheels.
///
/// # Errors
/// Names two packages that bring different files of one name.
pub(super) fn merged(wheels: &[Wheel]) -> anyhow::Result<Vec<File>> {
    let mut files = std::collections::BTreeMap::new();
    for wheel in wheels {
        for (path, content) in &wheel.files {
            if let Some((owner, other)) = files.insert(path, (&wheel.name, content))
                && other != content
            {
                bail!(
                    "two packages bring a file of the same name; leave one of them out. file=`{path}` packages=`{owner}, {}`",
                    wheel.name
                );
            }
        }
    }
    Ok(files.into_iter().map(|(path, (_, content))| (path.clone(), content.clone())).collect())
}

/// Imports modules in the sandbox, and returns those that fail, with the error.
async fn import(sandbox: &Sandbox, files: &[File], modules: &[String]) -> anyhow::Result<Vec<Failure>> {
    let source = format!(
        "import importlib\n\
         for name in {modules:?}:\n    \
             try:\n        \
                 importlib.import_module(name)\n    \
             except BaseException as error:\n        \
                 print('FAILED', name, f'{{type(error).__name__}}: {{error}}'[:200].replace('\\n', ' '))\n"
    );
    let manifest = Manifest::new(About { name: "import".into(), ..trial::python() });
    let plugin = vec![("import.py".to_owned(), source.into_bytes())];
    let bundle = Bundle { manifest, plugin, packages: files.to_vec() };
    let outcome = trial::load(sandbox, &bundle.write()?).await?;
    if let Some(error) = outcome.error() {
        bail!("whether the packages work without native code could not be tried: {error}");
    }
    let failed = outcome.log.iter().flat_map(|entry| entry.message.lines());
    let failed = failed.filter_map(|line| line.strip_prefix("FAILED ")?.split_once(' '));
    let mut failed: Vec<_> = failed.map(|(module, error)| (module.to_owned(), error.to_owned())).collect();
    if outcome.log_dropped > 0 {
        failed.push(("*".to_owned(), "and more than can be told".to_owned()));
    }
    Ok(failed)
}
