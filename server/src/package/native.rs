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
        let modules: Vec<_> = wheel.modules().into_iter().collect();
        let mut failures = import(sandbox, &files, &modules).await?;
        let own = wheel.native_modules().map(|module| (module, "is native code altogether".to_owned())).next();
        failures.extend(own.clone());
        let broken = own.as_ref().or_else(|| failures.iter().find(|(module, _)| is_public(module)));
        if modules.is_empty() || broken.is_some() || failures.len().saturating_mul(2) >= modules.len() {
            refused.push(refusal(wheel, broken.or_else(|| failures.first())));
        } else {
            let lost = failures.into_iter().map(|(module, _)| module).collect();
            lighter.push(Lighter { package: wheel.name.clone(), lost });
        }
    }
    if refused.is_empty() { Ok(lighter) } else { bail!("{}", refused.join("\n")) }
}

/// Whether a module is what a package is imported by. Some bring a private one,
/// too, for the native part alone.
fn is_public(module: &str) -> bool {
    !module.contains('.') && !module.starts_with('_')
}

fn refusal(wheel: &Wheel, failure: Option<&(String, String)>) -> String {
    let Wheel { name, version, native, .. } = wheel;
    let first = native.first().map_or("", String::as_str);
    let failure = failure.map(|(module, error)| format!(" import=`{module}` error=`{error}`")).unwrap_or_default();
    format!(
        "{name} {version} does not work without its native code, and only pure Python runs in the sandbox; do without \
         it, or take a pure-Python package in its place. wheel=`{}` native_files=`{}` such_as=`{first}`{failure}",
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
async fn import(sandbox: &Sandbox, files: &[File], modules: &[String]) -> anyhow::Result<Vec<(String, String)>> {
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
