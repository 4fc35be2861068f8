//! What the integration tests stand on: guests, and a harness that runs them
//! over the real runtime and the real database, on a clock that stands still.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "only tests use it, and a test that cannot be set up has failed"
)]

mod guests;
mod harness;
mod python_client;
mod server;
mod start;
mod target;

pub use guests::{Guest, cache_directory, python_runner};
pub use harness::Harness;
pub use python_client::python_client;
pub use server::{Server, program};
pub use start::Start;
pub use target::{Authority, Target};
