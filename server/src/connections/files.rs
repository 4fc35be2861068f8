//! How many files the process may open: each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Bounds;

/// What else is open: the catalog, plugins, pipes, requests of plugins.
const OTHERS: u64 = 256;

/// Has the system allow as many files as it does at all, and tells the operator if
/// these are too few for all connections.
pub(crate) fn allow(bounds: Bounds) {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let wanted = u64::try_from(bounds.connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    if let Some(files) = getrlimit(Resource::Nofile).current.filter(|files| *files < wanted) {
        tracing::warn!(files, wanted, "too few files may be opened for --max-connections; see `ulimit -n`");
    }
}
