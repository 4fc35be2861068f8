//! In which words do guest and host talk?
//!
//! Only files of this folder spell the names that are generated from `wit/`,
//! apart from the traits that each file of `host/` implements.

mod convert;
mod entry;
mod generated;
mod lower;
mod reader;

pub(crate) use entry::{Compiled, Entries, EntryPoints, SourceFile, misfit};
pub(crate) use generated::tidegate::plugin::{cache, http, log, query, types, write};
#[allow(unreachable_pub, reason = "the generated module re-exports it")]
pub use reader::Reader;
pub(crate) use reader::{Batch, Held};
