//! Compiles plugins that come as source files, in instances of their runner.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::Store;

use super::engine::Sandbox;
use super::plugin::{self, Code, CompiledSource};
use super::store::RunState;
use crate::bindings::{Compiled, SourceFile};
use crate::error::{Error, ErrorKind};
use crate::host::Principal;
use crate::model::{Ending, FileTree, Limit, Limits, Outcome, TenantId, Usage};
use crate::source::PluginFiles;

/// So much of the packages' source is compiled by one instance, unless a single
/// file is larger.
const BATCH_BYTES: usize = 512 << 10;
/// What compiling a byte of source may cost, beside what every run may.
const FUEL_PER_BYTE: u64 = 10_000;
/// The same for memory: most of it is the syntax tree.
const MEMORY_PER_BYTE: usize = 200;
/// The same for what the guest hands over.
const LIFTED_PER_BYTE: usize = 4;
/// Larger modules are not compiled ahead: runs that import them do it, each
/// within its own limits.
const MAX_MODULE_BYTES: usize = 2 << 20;
/// The most memory of an instance that compiles, whatever it compiles.
const MAX_MEMORY_BYTES: usize = 1 << 30;
/// The longest that compiling all packages of a plugin may take.
const MAX_TIME: Duration = Duration::from_secs(60);
/// The most that the compiled modules of a plugin may be together.
const MAX_COMPILED_BYTES: usize = 128 << 20;

impl Sandbox {
    /// Has `runner` compile source files, under `limits`, with no data, and at the
    /// cost of `tenant`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPlugin`] names what is wrong with the files.
    pub(crate) async fn compile_source(
        self: &Arc<Self>,
        runner: Code,
        files: PluginFiles,
        (tenant, limits): (&TenantId, Limits),
    ) -> Result<Code, Error> {
        let files = Arc::new(files);
        let (code, entries) = self.compile_own(&runner, &files, (tenant, limits.clone())).await?;
        let mut modules = Vec::new();
        let (mut budget, mut compiled) = (Budget::of(&limits, bytes(&files.packages)), 0_usize);
        for batch in batches(&files.packages) {
            let (more, usage) = self.compile_batch(&runner, (&files, batch), (tenant, &limits, &budget)).await?;
            budget.spend(&usage);
            compiled = more.iter().map(|(_, content)| content.len()).fold(compiled, usize::saturating_add);
            if compiled > MAX_COMPILED_BYTES {
                return Err(invalid(format!(
                    "its packages are larger than allowed when they are compiled; leave out what is not needed. \
                     allowed_bytes=`{MAX_COMPILED_BYTES}`"
                )));
            }
            modules.extend(more);
        }
        let tree = tree(Arc::unwrap_or_clone(files), modules).map_err(invalid)?;
        let source = Some(Arc::new(CompiledSource { code, entries, files: Arc::new(tree) }));
        Ok(Code { source, number: plugin::next_number(), ..runner })
    }

    async fn compile_own(
        self: &Arc<Self>,
        runner: &Code,
        files: &Arc<PluginFiles>,
        (tenant, limits): (&TenantId, Limits),
    ) -> Result<Compiled, Error> {
        let share = self.share(tenant, &limits);
        let principal = Principal::Registration(tenant.clone());
        let (sandbox, runner, files) = (Arc::clone(self), runner.clone(), Arc::clone(files));
        let guest = async move {
            let entry = async |store: &mut Store<RunState>| {
                let packages: Vec<&str> = tops(&files.packages).into_iter().collect();
                let instance = runner.instance.instantiate_async(&mut *store).await?;
                runner.points.compile(store, &instance, (&lent(&files.own), &packages)).await
            };
            let of = (principal, limits);
            let (result, outcome, _) = sandbox.supervise(entry, (None, Arc::default()), of).await?;
            result.ok_or_else(|| unfinished(&outcome))
        };
        let compiled = self.admit(share, guest).await?;
        compiled.map_err(|diagnostics| invalid(diagnostics.join("\n")))
    }

    async fn compile_batch(
        self: &Arc<Self>,
        runner: &Code,
        (files, batch): (&Arc<PluginFiles>, Range<usize>),
        (tenant, limits, budget): (&TenantId, &Limits, &Budget),
    ) -> Result<(Vec<(String, Vec<u8>)>, Usage), Error> {
        let (sandbox, runner, files) = (Arc::clone(self), runner.clone(), Arc::clone(files));
        let bytes = bytes(files.packages.get(batch.clone()).unwrap_or_default());
        let memory_bytes = limits.memory_bytes.saturating_add(MEMORY_PER_BYTE.saturating_mul(bytes));
        let limits = Limits {
            fuel: budget.fuel,
            deadline: budget.time,
            memory_bytes: memory_bytes.min(MAX_MEMORY_BYTES),
            lifted_bytes: limits.lifted_bytes.saturating_add(LIFTED_PER_BYTE.saturating_mul(bytes)),
            ..limits.clone()
        };
        let share = self.share(tenant, &limits);
        let principal = Principal::Registration(tenant.clone());
        let guest = async move {
            let entry = async |store: &mut Store<RunState>| {
                let mut modules = lent(files.packages.get(batch).unwrap_or_default());
                modules.retain(|(path, content)| is_compiled(path, content));
                let instance = runner.instance.instantiate_async(&mut *store).await?;
                runner.points.compile_packages(store, &instance, &modules).await
            };
            let of = (principal, limits);
            let (result, outcome, _) = sandbox.supervise(entry, (None, Arc::default()), of).await?;
            let modules = result.ok_or_else(|| match outcome.ending {
                Ending::Stopped(Limit::Fuel | Limit::Deadline) => too_costly(&outcome),
                Ending::Succeeded | Ending::Failed(_) | Ending::Stopped(_) | Ending::Crashed(_) => unfinished(&outcome),
            })?;
            Ok((modules, outcome.usage))
        };
        self.admit(share, guest).await
    }
}

/// What is left for compiling all packages of a plugin.
#[derive(Debug, PartialEq, Eq)]
struct Budget {
    fuel: u64,
    time: Duration,
}

impl Budget {
    /// That of packages with so many bytes of source.
    fn of(limits: &Limits, bytes: usize) -> Self {
        let fuel = FUEL_PER_BYTE.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX));
        Self { fuel: limits.fuel.saturating_add(fuel), time: MAX_TIME }
    }

    fn spend(&mut self, usage: &Usage) {
        self.fuel = self.fuel.saturating_sub(usage.fuel);
        self.time = self.time.saturating_sub(usage.wall);
    }
}

fn unfinished(outcome: &Outcome) -> Error {
    invalid(format!("cannot be compiled: {}", outcome.error().unwrap_or_default()))
}

fn too_costly(outcome: &Outcome) -> Error {
    let error = outcome.error().unwrap_or_default();
    let seconds = MAX_TIME.as_secs();
    invalid(format!(
        "compiling its packages takes longer than is allowed for all of them together; leave out what is not needed. \
         reason=`{error}` allowed_seconds=`{seconds}` allowed_fuel_per_byte=`{FUEL_PER_BYTE}`"
    ))
}

/// Which files go to an instance together.
fn batches(files: &[(String, Vec<u8>)]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut begin, mut size) = (0, 0_usize);
    for (end, (path, content)) in files.iter().enumerate() {
        if !is_compiled(path, content) {
            continue;
        }
        if size > 0 && size.saturating_add(content.len()) > BATCH_BYTES {
            batches.push(begin..end);
            (begin, size) = (end, 0);
        }
        size = size.saturating_add(content.len());
    }
    let mut rest = files.get(begin..).unwrap_or_default().iter();
    if rest.any(|(path, content)| is_compiled(path, content)) {
        batches.push(begin..files.len());
    }
    batches
}

fn is_compiled(path: &str, content: &[u8]) -> bool {
    path.ends_with(".py") && content.len() <= MAX_MODULE_BYTES
}

fn bytes(files: &[(String, Vec<u8>)]) -> usize {
    let compiled = files.iter().filter(|(path, content)| is_compiled(path, content));
    compiled.map(|(_, content)| content.len()).fold(0, usize::saturating_add)
}

fn lent(files: &[(String, Vec<u8>)]) -> Vec<SourceFile<'_>> {
    files.iter().map(|(path, content)| (&**path, &**content)).collect()
}

/// What lies at the top of the packages.
fn tops(packages: &[(String, Vec<u8>)]) -> BTreeSet<&str> {
    packages.iter().map(|(path, _)| path.split('/').next().unwrap_or_default()).collect()
}

/// What runs of the plugin see of its files.
fn tree(files: PluginFiles, modules: Vec<(String, Vec<u8>)>) -> Result<FileTree, String> {
    let mut tree = FileTree::of_plugin_in(files.directory());
    tree.add_top("plugin");
    for (path, content) in files.own {
        tree.add_file("plugin", &path, content)?;
    }
    if !files.packages.is_empty() {
        tree.add_top("packages");
    }
    for (path, content) in files.packages.into_iter().chain(modules) {
        tree.add_file("packages", &path, content)?;
    }
    Ok(tree)
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidPlugin, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(sizes: &[(&str, usize)]) -> Vec<(String, Vec<u8>)> {
        sizes.iter().map(|(path, bytes)| ((*path).to_owned(), vec![0; *bytes])).collect()
    }

    #[test]
    fn modules_go_to_an_instance_together_as_far_as_they_fit() {
        let kib = |kib: usize| kib << 10;
        assert_eq!(batches(&[]), []);
        assert_eq!(batches(&files(&[("a.py", 0), ("b.dat", 0)])).len(), 1);
        assert_eq!(batches(&files(&[("a.py", 1), ("b.dat", kib(900)), ("c.py", 1)])).len(), 1);
        let three = files(&[("a.py", kib(400)), ("b.py", kib(200)), ("c.py", kib(600)), ("d.py", 1)]);
        assert_eq!(batches(&three), [0..1, 1..2, 2..3, 3..4]);
        let large = files(&[("a.py", 1), ("large.py", (2 << 20) + 1), ("b.py", kib(2_048))]);
        assert_eq!(batches(&large), [0..2, 2..3], "what is too large is left out, whatever it lies beside");
        assert_eq!(bytes(&large), kib(2_048) + 1);
        assert_eq!(batches(&files(&[("large.py", (2 << 20) + 1)])), []);
    }

    #[test]
    fn all_instances_that_compile_a_plugins_packages_share_one_budget() {
        let mut budget = Budget::of(&Limits { fuel: 500, ..Limits::default() }, 10);
        assert_eq!(budget, Budget { fuel: 100_500, time: Duration::from_secs(60) });
        let usage = |fuel, seconds| Usage { fuel, wall: Duration::from_secs(seconds), ..Usage::default() };
        budget.spend(&usage(100_000, 59));
        assert_eq!(budget, Budget { fuel: 500, time: Duration::from_secs(1) });
        budget.spend(&usage(501, 2));
        assert_eq!(budget, Budget { fuel: 0, time: Duration::ZERO });
    }

    #[test]
    fn two_files_of_one_path_are_refused() {
        let twice = PluginFiles { packages: files(&[("a.py", 1), ("a.py", 1)]), ..PluginFiles::default() };
        assert!(tree(twice, Vec::new()).unwrap_err().contains("path=`/packages/a.py`"));
    }
}
