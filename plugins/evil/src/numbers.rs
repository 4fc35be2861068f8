//! Attacks with numbers that are out of range.

use std::hint::black_box;
use std::time::Duration;

use tidegate_sdk::{Arguments, Failure, Line, Response, cache, http, query, write};

use crate::survived;

pub(crate) fn divide_by_zero(_: &Arguments) -> Result<Response, Failure> {
    #[expect(clippy::arithmetic_side_effects, reason = "the panic is the attack")]
    let quotient = black_box(1) / black_box(0);
    black_box(quotient);
    survived()
}

#[expect(unsafe_code, reason = "safe code cannot leave its memory")]
pub(crate) fn wild_pointer(_: &Arguments) -> Result<Response, Failure> {
    let wild = std::ptr::without_provenance::<u8>(black_box(0xffff_fff0));
    // SAFETY: none: the sandbox must stop it.
    black_box(unsafe { wild.read_volatile() });
    survived()
}

pub(crate) fn status_0(_: &Arguments) -> Result<Response, Failure> {
    Ok(Response::status(0))
}

pub(crate) fn status_65535(_: &Arguments) -> Result<Response, Failure> {
    Ok(Response::status(65_535))
}

pub(crate) fn first_and_last_time(_: &Arguments) -> Result<Response, Failure> {
    let line = Line::new("evil").int("written", 1);
    write::stage(vec![line.clone().time(i64::MIN), line.time(i64::MAX)])?;
    survived()
}

pub(crate) fn no_rows_at_a_time(_: &Arguments) -> Result<Response, Failure> {
    for piece in query::sql("SELECT 1").open()?.with_rows(0) {
        piece?;
    }
    survived()
}

pub(crate) fn all_rows_at_once(arguments: &Arguments) -> Result<Response, Failure> {
    for piece in query::sql(arguments.get("sql").unwrap_or("SELECT 1")).open()?.with_rows(u32::MAX) {
        piece?;
    }
    survived()
}

pub(crate) fn count_beyond_the_end(_: &Arguments) -> Result<Response, Failure> {
    cache::increment("evil", i64::MAX)?;
    cache::increment("evil", i64::MAX)?;
    survived()
}

pub(crate) fn endless_ttl(_: &Arguments) -> Result<Response, Failure> {
    cache::trigger().with_ttl(Duration::MAX).put("evil", "x")?;
    survived()
}

pub(crate) fn endless_timeout(_: &Arguments) -> Result<Response, Failure> {
    http::send(&http::Request::get("http://127.0.0.1/").with_timeout(Duration::MAX))?;
    survived()
}
