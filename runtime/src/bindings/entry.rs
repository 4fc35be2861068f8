//! The doors into a guest: which there are, and going through one.

use wasmtime::AsContextMut;
use wasmtime::component::types::{ComponentItem, Type};
use wasmtime::component::{Component, Instance, InstancePre};

use super::generated::exports::tidegate::plugin::{on_request, on_schedule, on_write, source};
use super::{convert, lower};
use crate::model::{Event, Failure, Response};

/// The entry points that a component exports.
#[derive(Clone)]
pub(crate) struct EntryPoints {
    on_write: Option<on_write::GuestIndices>,
    on_schedule: Option<on_schedule::GuestIndices>,
    on_request: Option<on_request::GuestIndices>,
    source: Option<source::GuestIndices>,
}

/// The kinds of events that something can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Entries {
    /// Rows that were written.
    pub(crate) on_write: bool,
    /// A schedule.
    pub(crate) on_schedule: bool,
    /// A request.
    pub(crate) on_request: bool,
}

/// A source file on its way to a runner.
pub(crate) type SourceFile<'a> = (&'a str, &'a [u8]);

/// What a runner finds wrong, a line each: `hello.py:3:7: invalid syntax`.
pub(crate) type Diagnostics = Vec<String>;

/// What a runner made of a plugin's own files: code for it to load, and what
/// that can take.
pub(crate) type Compiled = (Vec<u8>, Entries);

/// Each entry point's interface, with the parameters of its function.
const PARAMETERS: [(&str, [&str; 2]); 3] = [
    ("tidegate:plugin/on-write@0.1.0", ["batches", "arguments"]),
    ("tidegate:plugin/on-schedule@0.1.0", ["scheduled", "arguments"]),
    ("tidegate:plugin/on-request@0.1.0", ["request", "arguments"]),
];

/// The first entry point that `component` exports with another signature than
/// ours. What lies deeper in the types shows at the first run.
pub(crate) fn misfit(component: &Component) -> Option<&'static str> {
    PARAMETERS.into_iter().find_map(|(interface, parameters)| {
        let exported = component.get_export_index(None, interface)?;
        let fits = match component.get_export(Some(&exported), "handle") {
            Some((ComponentItem::ComponentFunc(handle), _)) => {
                handle.params().map(|(name, _)| name).eq(parameters)
                    && matches!(handle.results().next(), Some(Type::Result(_)))
            }
            Some(_) | None => false,
        };
        (!fits).then_some(interface)
    })
}

impl EntryPoints {
    /// Looks up what `plugin` exports.
    pub(crate) fn of<T>(plugin: &InstancePre<T>) -> Self {
        Self {
            on_write: on_write::GuestIndices::new(plugin).ok(),
            on_schedule: on_schedule::GuestIndices::new(plugin).ok(),
            on_request: on_request::GuestIndices::new(plugin).ok(),
            source: source::GuestIndices::new(plugin).ok(),
        }
    }

    /// The kinds of events that the component can take.
    pub(crate) fn entries(&self) -> Entries {
        Entries {
            on_write: self.on_write.is_some(),
            on_schedule: self.on_schedule.is_some(),
            on_request: self.on_request.is_some(),
        }
    }

    /// Whether the component runs source files.
    pub(crate) fn is_runner(&self) -> bool {
        self.source.is_some()
    }

    /// Hands `event` to the guest.
    ///
    /// # Errors
    /// The outer one is a trap, the inner one the guest's own failure.
    pub(crate) async fn call<S: AsContextMut<Data: Send>>(
        &self,
        mut store: S,
        instance: &Instance,
        (event, arguments): (&Event, Option<&[(String, String)]>),
    ) -> wasmtime::Result<Result<Option<Response>, Failure>> {
        let arguments = arguments.map(lower::pairs);
        let arguments = arguments.as_deref();
        let missing = || wasmtime::format_err!("the component lost an entry point");
        match event {
            Event::Write(batches) => {
                let guest = self.on_write.as_ref().ok_or_else(missing)?.load(&mut store, instance)?;
                let columns = lower::columns(batches);
                let batches = lower::batches(batches, &columns);
                let result = guest.call_handle(store, &batches, arguments).await?;
                Ok(result.map(|()| None).map_err(Failure::from))
            }
            Event::Schedule(time) => {
                let guest = self.on_schedule.as_ref().ok_or_else(missing)?.load(&mut store, instance)?;
                let result = guest.call_handle(store, time.0, arguments).await?;
                Ok(result.map(|()| None).map_err(Failure::from))
            }
            Event::Request(request) => {
                let guest = self.on_request.as_ref().ok_or_else(missing)?.load(&mut store, instance)?;
                let (query, headers) = (lower::pairs(&request.query), lower::pairs(&request.headers));
                let request = lower::request(request, &query, &headers);
                match guest.call_handle(store, request, arguments).await? {
                    Ok(response) => Ok(convert::response(response).map(Some)),
                    Err(failure) => Ok(Err(failure.into())),
                }
            }
        }
    }

    /// Makes `code` the plugin of a runner's instance, in an environment.
    ///
    /// # Errors
    /// As of [`call`](Self::call).
    pub(crate) async fn load_code<S: AsContextMut<Data: Send>>(
        &self,
        mut store: S,
        instance: &Instance,
        (code, environment): (&[u8], &[(String, String)]),
    ) -> wasmtime::Result<Result<(), Failure>> {
        let guest = self.runner()?.load(&mut store, instance)?;
        Ok(guest.call_load(store, code, &lower::pairs(environment)).await?.map_err(Failure::from))
    }

    /// Has a runner compile a plugin's own files, which has these packages.
    ///
    /// # Errors
    /// The outer one is a trap, the inner one what is wrong with the files.
    pub(crate) async fn compile<S: AsContextMut<Data: Send>>(
        &self,
        mut store: S,
        instance: &Instance,
        (files, packages): (&[SourceFile<'_>], &[&str]),
    ) -> wasmtime::Result<Result<Compiled, Diagnostics>> {
        let guest = self.runner()?.load(&mut store, instance)?;
        let compiled = match guest.call_compile(store, &source_files(files), packages).await? {
            Ok(compiled) => compiled,
            Err(diagnostics) => return Ok(Err(diagnostics.into_iter().map(diagnostic).collect())),
        };
        let has = |entry| compiled.entry_points.contains(entry);
        let entries = Entries {
            on_write: has(source::EntryPoints::ON_WRITE),
            on_schedule: has(source::EntryPoints::ON_SCHEDULE),
            on_request: has(source::EntryPoints::ON_REQUEST),
        };
        Ok(Ok((compiled.code, entries)))
    }

    /// Has a runner compile modules of packages, and returns what is to be
    /// shown beside them: paths and contents.
    ///
    /// # Errors
    /// A trap.
    pub(crate) async fn compile_packages<S: AsContextMut<Data: Send>>(
        &self,
        mut store: S,
        instance: &Instance,
        modules: &[SourceFile<'_>],
    ) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        let guest = self.runner()?.load(&mut store, instance)?;
        let compiled = guest.call_compile_packages(store, &source_files(modules)).await?;
        Ok(compiled.into_iter().map(|file| (file.path, file.content)).collect())
    }

    fn runner(&self) -> wasmtime::Result<&source::GuestIndices> {
        self.source.as_ref().ok_or_else(|| wasmtime::format_err!("the component is no runner"))
    }
}

fn source_files<'a>(files: &[SourceFile<'a>]) -> Vec<source::FileParam<'a>> {
    files.iter().map(|(path, content)| source::FileParam { path, content }).collect()
}

fn diagnostic(source::Diagnostic { file, line, column, message }: source::Diagnostic) -> String {
    match (line, column) {
        (0, _) => format!("{file}: {message}"),
        (line, 0) => format!("{file}:{line}: {message}"),
        (line, column) => format!("{file}:{line}:{column}: {message}"),
    }
}
