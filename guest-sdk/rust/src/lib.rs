//! Plugins for Tidegate, in Rust.
//!
//! A plugin is a function and a macro that names the event it is for:
//!
//! ```
//! use tidegate_sdk::{Arguments, Failure, TableBatch, log, on_write};
//!
//! on_write!(warn_on_crossing);
//!
//! fn warn_on_crossing(batches: Vec<TableBatch>, args: Arguments) -> Result<(), Failure> {
//!     let threshold: f64 = args.required("threshold")?;
//!     for row in batches.iter().flat_map(TableBatch::rows) {
//!         if row.float("usage").is_some_and(|usage| usage > threshold) {
//!             log::warn!("{} is over {threshold}", row.tag("host").unwrap_or("unknown"));
//!         }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! The crate is built as `crate-type = ["cdylib", "rlib"]`: the first becomes
//! the component (`--target wasm32-wasip2`), the second lets `cargo test` run
//! unit tests on the machine at hand.
//!
//! # What works in unit tests
//!
//! Everything that is only data: [`TableBatch`], [`Arguments`], [`Line`],
//! [`Request`], [`Response`]. What asks the host ([`log`], [`query`],
//! [`write`](mod@write), [`cache`], [`http`]) needs one and panics without it,
//! so keep those calls in the function that the macro names, and decide in
//! functions that can be tested.
//!
//! # Design decisions
//!
//! * No trait with default bodies: a component exports what its macros name,
//!   and the host sees which entry points it has.
//! * No serde. Cache values are numbers, text, truth values and bytes; it comes
//!   when somebody needs more.
//! * Absent and null are both `None`, in rows as in results.
//! * `?` works on any error; see [`Failure`] for what becomes of it.

mod arguments;
mod batch;
#[doc(hidden)]
pub mod bindings;
pub mod cache;
mod cells;
mod column;
mod decode;
#[doc(hidden)]
pub mod entry;
mod failure;
pub mod http;
mod line;
pub mod log;
mod presence;
pub mod query;
mod request;
mod response;
mod sample;
mod text;
pub mod write;

pub use arguments::Arguments;
pub use batch::{Row, TableBatch};
pub use cells::Cells;
pub use column::{Column, Typed, Values};
pub use failure::{Detail, Failure};
pub use line::{Line, Unwritable};
pub use request::Request;
pub use response::Response;
pub use text::Text;

/// Keeps the README's plugin compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
