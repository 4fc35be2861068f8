//! How does one run happen?

mod compile;
mod compiling;
mod cpu;
mod engine;
mod executor;
mod fair;
mod memory;
mod meter;
mod plugin;
mod run;
mod slots;
mod source;
mod store;
mod trial;
mod warm;

pub(crate) use compile::Artefacts;
pub(crate) use engine::{Sandbox, Size};
pub(crate) use plugin::Code;
pub(crate) use run::{Patience, Run};
