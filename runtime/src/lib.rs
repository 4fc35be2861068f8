//! Runs untrusted WebAssembly plugins over time-series data.

mod cache;
mod clock;
mod database;
mod error;
mod memory_log;
mod model;

pub use cache::*;
pub use clock::{Clock, FakeClock, SystemClock};
pub use database::*;
pub use error::{Error, ErrorKind};
pub use memory_log::{MemoryLog, WhenFull};
pub use model::*;
