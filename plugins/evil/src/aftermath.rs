//! Attacks on what a run leaves behind.

use std::sync::atomic::{AtomicU64, Ordering};

use tidegate_sdk::{Arguments, Failure, Response, cache, write};

use crate::survived;
use crate::time::spin_for_ever;

fn leave_traces() -> Result<(), Failure> {
    write::stage("evil written=1i")?;
    cache::put("evil", "x")?;
    Ok(())
}

pub(crate) fn write_then_spin(_: &Arguments) -> Result<Response, Failure> {
    leave_traces()?;
    spin_for_ever()
}

pub(crate) fn write_then_trap(_: &Arguments) -> Result<Response, Failure> {
    leave_traces()?;
    std::process::abort()
}

pub(crate) fn write_then_fail(_: &Arguments) -> Result<Response, Failure> {
    leave_traces()?;
    Err(Failure::invalid("failed on purpose"))
}

pub(crate) fn write_then_try_again(_: &Arguments) -> Result<Response, Failure> {
    leave_traces()?;
    Err(Failure::try_again("failed on purpose, but not for ever"))
}

pub(crate) fn write_then_exit(_: &Arguments) -> Result<Response, Failure> {
    leave_traces()?;
    std::process::exit(0)
}

pub(crate) fn write_now_then_trap(_: &Arguments) -> Result<Response, Failure> {
    write::now("evil written=1i")?;
    std::process::abort()
}

pub(crate) fn count_then_trap(_: &Arguments) -> Result<Response, Failure> {
    cache::increment("evil", 1)?;
    std::process::abort()
}

#[expect(clippy::unwrap_used, reason = "the panic is the attack")]
pub(crate) fn unwrap(_: &Arguments) -> Result<Response, Failure> {
    let host: Option<u8> = std::hint::black_box(None);
    host.unwrap();
    survived()
}

pub(crate) fn remember(_: &Arguments) -> Result<Response, Failure> {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    match RUNS.fetch_add(1, Ordering::Relaxed) {
        0 => survived(),
        earlier => Err(Failure::invalid(format!("remembers earlier runs. runs=`{earlier}`"))),
    }
}

pub(crate) fn cached(_: &Arguments) -> Result<Response, Failure> {
    match cache::get::<String>("evil")? {
        None => survived(),
        Some(_) => Err(Failure::invalid("sees what an earlier run cached")),
    }
}
