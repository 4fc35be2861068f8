//! Attacks that are too large, or too many.

use std::hint::black_box;
use std::io::Write;

use tidegate_sdk::log::Level;
use tidegate_sdk::{Arguments, Failure, Response, cache, log, query, write};

use crate::survived;

const MIB: usize = 1 << 20;
const MILLION: usize = 1_000_000;
const NEARLY_2_GIB: usize = 0x7fff_0000;

pub(crate) fn grow_memory(_: &Arguments) -> Result<Response, Failure> {
    let mut kept = Vec::new();
    loop {
        // Not zeros: pages that nobody wrote to may cost nothing.
        kept.push(black_box(vec![1_u8; MIB]));
    }
}

pub(crate) fn huge_log(_: &Arguments) -> Result<Response, Failure> {
    log::write(Level::Info, &"x".repeat(NEARLY_2_GIB));
    survived()
}

pub(crate) fn huge_stage(_: &Arguments) -> Result<Response, Failure> {
    write::stage("x".repeat(NEARLY_2_GIB))?;
    survived()
}

/// The plugin's memory is far smaller than the string that it claims to have.
pub(crate) fn forged_string(_: &Arguments) -> Result<Response, Failure> {
    #[cfg(target_family = "wasm")]
    #[expect(unsafe_code, reason = "safe code cannot lie about a length")]
    {
        #[link(wasm_import_module = "tidegate:plugin/log@0.1.0")]
        unsafe extern "C" {
            #[link_name = "write"]
            fn log_write(level: i32, message: *const u8, length: usize);
        }
        // SAFETY: the host must check what a guest claims; that is the test.
        unsafe { log_write(1, std::ptr::dangling(), NEARLY_2_GIB) };
    }
    survived()
}

pub(crate) fn log_100_mb_at_once(_: &Arguments) -> Result<Response, Failure> {
    log::write(Level::Info, &"x".repeat(100 * MILLION));
    survived()
}

pub(crate) fn log_100_mb_in_pieces(_: &Arguments) -> Result<Response, Failure> {
    let piece = "x".repeat(10_000);
    for _ in 0..10_000 {
        log::write(Level::Info, &piece);
    }
    survived()
}

pub(crate) fn empty_log_flood(_: &Arguments) -> Result<Response, Failure> {
    for _ in 0..MILLION {
        log::write(Level::Debug, "");
    }
    survived()
}

pub(crate) fn one_byte_writes(_: &Arguments) -> Result<Response, Failure> {
    for _ in 0..MILLION {
        write::stage("\n")?;
    }
    survived()
}

pub(crate) fn one_byte_prints(_: &Arguments) -> Result<Response, Failure> {
    let mut stdout = std::io::stdout();
    for _ in 0..MILLION {
        stdout.write_all(b"x")?;
        stdout.flush()?;
    }
    survived()
}

pub(crate) fn stage_100_mb(_: &Arguments) -> Result<Response, Failure> {
    let lines = "evil written=1i\n".repeat(MIB / 16);
    for _ in 0..100 {
        write::stage(lines.as_str())?;
    }
    survived()
}

pub(crate) fn handle_flood(_: &Arguments) -> Result<Response, Failure> {
    let mut kept = Vec::new();
    loop {
        kept.push(query::sql("SELECT 1").open()?);
    }
}

pub(crate) fn cache_flood(_: &Arguments) -> Result<Response, Failure> {
    for key in 0..MILLION {
        cache::put(&format!("flood {key}"), "x")?;
    }
    survived()
}

pub(crate) fn huge_response(_: &Arguments) -> Result<Response, Failure> {
    Ok(Response::text("x".repeat(32 * MIB)))
}

pub(crate) fn many_headers(_: &Arguments) -> Result<Response, Failure> {
    let mut response = Response::status(200);
    response.headers = vec![("x-evil".into(), "x".into()); 100_000];
    Ok(response)
}

pub(crate) fn huge_failure(_: &Arguments) -> Result<Response, Failure> {
    Err(Failure::invalid("x".repeat(32 * MIB)))
}
