//! Attacks that never end, or not soon.

use std::hint::black_box;
use std::time::Duration;

use tidegate_sdk::{Arguments, Failure, Response, cache, query};

use crate::survived;

pub(crate) fn spin(_: &Arguments) -> Result<Response, Failure> {
    spin_for_ever()
}

pub(crate) fn spin_for_ever() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

pub(crate) fn spin_in_drop(_: &Arguments) -> Result<Response, Failure> {
    struct Spinner;
    impl Drop for Spinner {
        fn drop(&mut self) {
            spin_for_ever()
        }
    }
    let _spinner = Spinner;
    survived()
}

#[expect(clippy::disallowed_methods, reason = "sleeping is the attack")]
pub(crate) fn sleep(args: &Arguments) -> Result<Response, Failure> {
    let seconds = args.optional("seconds")?.unwrap_or(60);
    std::thread::sleep(Duration::from_secs(seconds));
    survived()
}

#[expect(unconditional_recursion, clippy::only_used_in_recursion, reason = "recursion is the attack")]
pub(crate) fn recursion(args: &Arguments) -> Result<Response, Failure> {
    let result = recursion(args);
    // Something after the call, lest it become a loop; but nothing in memory,
    // where Rust's own stack would end before the sandbox's.
    black_box(());
    result
}

pub(crate) fn burn_then_trap(args: &Arguments) -> Result<Response, Failure> {
    let iterations: u64 = args.required("iterations")?;
    for iteration in 0..iterations {
        black_box(iteration);
    }
    std::process::abort()
}

pub(crate) fn host_call_flood(_: &Arguments) -> Result<Response, Failure> {
    loop {
        let _: Option<i64> = cache::get("flood")?;
    }
}

pub(crate) fn query_flood(_: &Arguments) -> Result<Response, Failure> {
    loop {
        query::sql("SELECT 1").open()?;
    }
}
