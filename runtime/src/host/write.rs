//! `write`: line protocol, staged until the run succeeds.

use std::collections::BTreeMap;
use std::sync::Arc;

use influxdb_line_protocol::{parse_lines, split_lines};

use super::{Access, HostState, LimitReached, NoAccess, Principal, debt};
use crate::bindings::write;
use crate::database::{Commit, Origin};
use crate::model::{DatabaseId, Limit};

/// Lines of one run, to be committed if it succeeds.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    /// By database.
    pub(crate) lines: BTreeMap<DatabaseId, String>,
    /// All bytes written, staged or at once.
    pub(crate) bytes: usize,
    /// All lines written, staged or at once.
    pub(crate) count: usize,
}

impl Stage {
    fn push(&mut self, database: DatabaseId, lines: &str) {
        let staged = self.lines.entry(database).or_default();
        staged.push_str(lines);
        if !lines.ends_with('\n') {
            staged.push('\n');
        }
    }
}

/// A database into which plugins cannot write: it would be the server's own.
const INTERNAL: &str = "_internal";

impl HostState {
    /// Checks and counts lines before they go anywhere.
    fn admit(
        &mut self,
        lines: &str,
        database: Option<&str>,
    ) -> Result<Result<DatabaseId, write::WriteError>, LimitReached> {
        let stage = &mut self.stage;
        // Before they are looked at, and whether they are good or not.
        self.debt.add(debt::BYTE, lines.len().saturating_add(database.map_or(0, str::len)));
        self.debt.add(debt::LINE, lines.matches('\n').count().saturating_add(1));
        stage.bytes = stage.bytes.saturating_add(lines.len());
        if stage.bytes > self.limits.staged_bytes {
            return Err(LimitReached(Limit::StagedBytes));
        }
        let count = match check(lines) {
            Ok(count) => count,
            Err(bad_line) => return Ok(Err(write::WriteError::BadLine(bad_line))),
        };
        stage.count = stage.count.saturating_add(count);
        if stage.count > self.limits.staged_lines {
            return Err(LimitReached(Limit::StagedLines));
        }
        Ok(match self.database(database, Access::Write) {
            Ok(database) if database.name.as_str() == INTERNAL => {
                Err(write::WriteError::Denied(format!("plugins cannot write to the database {INTERNAL}")))
            }
            Ok(database) => Ok(database),
            Err(NoAccess::Denied(message)) => Err(write::WriteError::Denied(message)),
            Err(NoAccess::Invalid(message)) => {
                Err(write::WriteError::Invalid(format!("invalid database name: {message}")))
            }
        })
    }
}

/// How many lines of line protocol these are, or which one is wrong.
fn check(lines: &str) -> Result<usize, write::BadLine> {
    let mut count = 0_usize;
    for line in parse_lines(lines) {
        if line.is_err() {
            return Err(find_bad_line(lines));
        }
        count = count.saturating_add(1);
    }
    Ok(count)
}

/// The number and fault of the first bad line: text can span several lines
/// within quotes, so that counting is left to the day it is needed.
fn find_bad_line(lines: &str) -> write::BadLine {
    let mut number = 1_usize;
    for line in split_lines(lines) {
        if let Some(Err(error)) = parse_lines(line).find(Result::is_err) {
            return write::BadLine { line: u32::try_from(number).unwrap_or(u32::MAX), reason: error.to_string() };
        }
        number = number.saturating_add(line.matches('\n').count()).saturating_add(1);
    }
    write::BadLine { line: 0, reason: "a line is not line protocol".to_owned() }
}

impl write::Host for HostState {
    async fn stage(
        &mut self,
        lines: String,
        database: Option<String>,
    ) -> wasmtime::Result<Result<(), write::WriteError>> {
        Ok(self.admit(&lines, database.as_deref())?.map(|database| self.stage.push(database, &lines)))
    }

    async fn write_now(
        &mut self,
        lines: String,
        database: Option<String>,
        durability: write::Durability,
    ) -> wasmtime::Result<Result<(), write::WriteError>> {
        let database = match self.admit(&lines, database.as_deref())? {
            Ok(database) => database,
            Err(error) => return Ok(Err(error)),
        };
        let Principal::Trigger { id, run, .. } = &self.principal else {
            return Ok(Err(write::WriteError::Denied("there is no trigger to write for".to_owned())));
        };
        if !run.effects.are_real() {
            self.stage.push(database, &lines);
            return Ok(Ok(()));
        }
        let commit = Commit {
            origin: Some(Origin { trigger: id.clone(), depth: run.depth }),
            lines: BTreeMap::from([(database, lines)]),
            time: self.services.clock.now(),
            cursors: BTreeMap::new(),
            durability: durability.into(),
        };
        // Not on the guest's stack and thread, and to its end even if the run is
        // over before.
        let store = Arc::clone(&self.services.database);
        let done = self.services.tasks.spawn(async move { store.commit(commit).await }).await;
        Ok(done?.map(|_| ()).map_err(Into::into))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::write::{Host, WriteError};
    use crate::host::Effects;
    use crate::host::tests::{services, state};
    use crate::model::Limits;

    #[tokio::test]
    async fn lines_are_staged_by_database_and_bad_ones_are_not() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits::default());
        run.stage("a x=1i 1".into(), None).await.unwrap().unwrap();
        run.stage("a x=2i 2\n".into(), Some("db".into())).await.unwrap().unwrap();
        run.stage("b x=3i 3".into(), Some("other".into())).await.unwrap().unwrap();
        let bad = run.stage("a x=4i 4\nnonsense".into(), None).await.unwrap();
        assert!(matches!(bad, Err(WriteError::BadLine(bad)) if bad.line == 2));
        let staged: Vec<_> =
            run.stage.lines.iter().map(|(database, lines)| (database.to_string(), lines.as_str())).collect();
        assert_eq!(staged, [("db".to_owned(), "a x=1i 1\na x=2i 2\n"), ("other".to_owned(), "b x=3i 3\n")]);
    }

    #[tokio::test]
    async fn a_name_that_is_none_is_refused_before_anything_is_made_of_it() {
        let services = services();
        let mut run = state(&services, Effects::Real, &Limits::default());
        let WriteError::Invalid(long) = run.stage(String::new(), Some("x".repeat(1 << 20))).await.unwrap().unwrap_err()
        else {
            panic!("refused otherwise");
        };
        assert_eq!(long, "invalid database name: a database name has at most 511 characters. bytes=`1048576`");
        let internal = run.stage("a x=1i".into(), Some("_internal".into())).await.unwrap();
        assert!(matches!(internal, Err(WriteError::Denied(_))));
    }

    #[tokio::test]
    async fn what_is_written_at_once_counts_against_the_same_limits() {
        let services = services();
        let mut run = state(&services, Effects::Dry, &Limits { staged_lines: 2, ..Limits::default() });
        run.stage("a x=1i".into(), None).await.unwrap().unwrap();
        run.write_now("a x=1i".into(), None, write::Durability::Durable).await.unwrap().unwrap();
        let stopped = run.write_now("a x=1i".into(), None, write::Durability::Durable).await.unwrap_err();
        assert_eq!(stopped.downcast_ref(), Some(&LimitReached(Limit::StagedLines)));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number_and_fault() {
        let bad = check("cpu a=1i 1\n# comment\n\ncpu text=\"two\nlines\"\ncpu a=1x\ncpu a=1i").unwrap_err();
        assert_eq!(bad.line, 6);
        assert!(bad.reason.contains("1x") || bad.reason.contains('x'), "{}", bad.reason);
    }

    #[test]
    fn comments_and_empty_lines_do_not_count() {
        assert_eq!(check("# c\n\ncpu a=1i\ncpu a=\"x\ny\"\n").unwrap(), 2);
    }
}
