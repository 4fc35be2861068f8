//! Compiles plugins that come as source files, in instances of their runner.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use wasmtime::Store;

use super::engine::Sandbox;
use super::plugin::{self, Code, CompiledSource};
use super::store::RunState;
use crate::bindings::{Compiled, SourceFile};
use crate::error::{Error, ErrorKind};
use crate::host::Principal;
use crate::model::{FileTree, Limits, Outcome, TenantId};
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

impl Sandbox {
    /// Has `runner` compile source files, under `limits` and with no data.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidPlugin`] names what is wrong with the files.
    pub(crate) async fn compile_source(
        self: &Arc<Self>,
        runner: Code,
        files: PluginFiles,
        limits: Limits,
    ) -> Result<Code, Error> {
        let files = Arc::new(files);
        let (code, entries) = self.compile_own(&runner, &files, limits.clone()).await?;
        let mut modules = Vec::new();
        for batch in batches(&files.packages) {
            modules.extend(self.compile_batch(&runner, (&files, batch), limits.clone()).await?);
        }
        let tree = tree(Arc::unwrap_or_clone(files), modules).map_err(invalid)?;
        let source = Some(Arc::new(CompiledSource { code, entries, files: Arc::new(tree) }));
        Ok(Code { source, number: plugin::next_number(), ..runner })
    }

    async fn compile_own(
        self: &Arc<Self>,
        runner: &Code,
        files: &Arc<PluginFiles>,
        limits: Limits,
    ) -> Result<Compiled, Error> {
        let (sandbox, runner, files) = (Arc::clone(self), runner.clone(), Arc::clone(files));
        let guest = async move {
            let entry = async |store: &mut Store<RunState>| {
                let packages: Vec<&str> = tops(&files.packages).into_iter().collect();
                let instance = runner.instance.instantiate_async(&mut *store).await?;
                runner.points.compile(store, &instance, (&lent(&files.own), &packages)).await
            };
            finished(sandbox.supervise(entry, (None, Arc::default()), (Principal::Registration, limits)).await?)
        };
        let compiled = self.admit(TenantId::default_tenant(), guest).await?;
        compiled.map_err(|diagnostics| invalid(diagnostics.join("\n")))
    }

    async fn compile_batch(
        self: &Arc<Self>,
        runner: &Code,
        (files, batch): (&Arc<PluginFiles>, Range<usize>),
        limits: Limits,
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let (sandbox, runner, files) = (Arc::clone(self), runner.clone(), Arc::clone(files));
        let bytes = bytes(files.packages.get(batch.clone()).unwrap_or_default());
        let limits = Limits {
            fuel: limits.fuel.saturating_add(FUEL_PER_BYTE.saturating_mul(u64::try_from(bytes).unwrap_or(u64::MAX))),
            memory_bytes: limits.memory_bytes.saturating_add(MEMORY_PER_BYTE.saturating_mul(bytes)),
            lifted_bytes: limits.lifted_bytes.saturating_add(LIFTED_PER_BYTE.saturating_mul(bytes)),
            ..limits
        };
        let guest = async move {
            let entry = async |store: &mut Store<RunState>| {
                let mut modules = lent(files.packages.get(batch).unwrap_or_default());
                modules.retain(|(path, _)| is_module(path));
                let instance = runner.instance.instantiate_async(&mut *store).await?;
                runner.points.compile_packages(store, &instance, &modules).await
            };
            finished(sandbox.supervise(entry, (None, Arc::default()), (Principal::Registration, limits)).await?)
        };
        self.admit(TenantId::default_tenant(), guest).await
    }
}

/// What was compiled, unless that came to no end.
fn finished<T>((result, outcome, _): (Option<T>, Outcome, Store<RunState>)) -> Result<T, Error> {
    result.ok_or_else(|| invalid(format!("cannot be compiled: {}", outcome.error().unwrap_or_default())))
}

/// Which files go to an instance together.
fn batches(files: &[(String, Vec<u8>)]) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let (mut begin, mut size) = (0, 0_usize);
    for (end, (path, content)) in files.iter().enumerate() {
        if !is_module(path) {
            continue;
        }
        if size > 0 && size.saturating_add(content.len()) > BATCH_BYTES {
            batches.push(begin..end);
            (begin, size) = (end, 0);
        }
        size = size.saturating_add(content.len());
    }
    if begin < files.len() {
        batches.push(begin..files.len());
    }
    batches
}

fn is_module(path: &str) -> bool {
    path.ends_with(".py")
}

fn bytes(files: &[(String, Vec<u8>)]) -> usize {
    files.iter().filter(|(path, _)| is_module(path)).map(|(_, content)| content.len()).fold(0, usize::saturating_add)
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
        assert_eq!(batches(&files(&[("a.py", 1), ("b.dat", kib(900)), ("c.py", 1)])).len(), 1);
        let three = files(&[("a.py", kib(400)), ("b.py", kib(200)), ("c.py", kib(600)), ("d.py", 1)]);
        assert_eq!(batches(&three), [0..1, 1..2, 2..3, 3..4]);
    }

    #[test]
    fn two_files_of_one_path_are_refused() {
        let twice = PluginFiles { packages: files(&[("a.py", 1), ("a.py", 1)]), ..PluginFiles::default() };
        assert!(tree(twice, Vec::new()).unwrap_err().contains("path=`/packages/a.py`"));
    }
}
