//! Runs untrusted WebAssembly plugins over time-series data.
//!
//! A [`Plugin`] is code. A [`Trigger`] says which plugin runs, in which
//! database, on which events. The [`Runtime`] runs each matching trigger in a
//! sandbox of its own and hands back an [`Outcome`].
//!
//! ```no_run
//! # use std::{sync::Arc, time::Duration};
//! # use tidegate::*;
//! # async fn embed(database: Arc<dyn Database>, wasm: Vec<u8>) -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = Runtime::builder(database)
//!     .with_limits(Limits { memory_bytes: 32 << 20, ..Limits::default() })
//!     .build()?;
//!
//! let plugin = runtime.load("downsample", wasm).await?;
//! let trigger = Trigger::new(TriggerName::new("hourly")?, DatabaseName::new("sensors")?, "every:1h".parse()?)
//!     .with_argument("window", "1h");
//! runtime.create_trigger(trigger, &plugin).await?;
//!
//! runtime.shutdown(Duration::from_secs(10)).await;
//! # Ok(()) }
//! ```
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::wildcard_enum_match_arm,
        reason = "a test that goes wrong may panic"
    )
)]

mod bindings;
mod builder;
mod cache;
mod clock;
mod cpu_meter;
mod database;
mod dispatch;
mod error;
mod host;
mod load;
mod memory_log;
mod model;
mod outbound;
mod runtime;
mod sandbox;
mod source;
mod tenants;

pub use builder::RuntimeBuilder;
pub use cache::*;
pub use clock::{Clock, FakeClock, SystemClock};
pub use cpu_meter::CpuMeter;
pub use database::*;
pub use dispatch::{DeadLetter, TriggerState, TriggerStatus};
pub use error::{Error, ErrorKind};
pub use memory_log::{MemoryLog, WhenFull};
pub use model::*;
pub use outbound::{FROM_PLUGIN, Resolver, SystemResolver};
pub use runtime::{Plugin, Runtime};
pub use source::{Language, PluginFiles, PluginSource};
