//! All attacks, in one place.

use tidegate_sdk::{Arguments, Failure, Response};

use crate::{aftermath, numbers, reach, size, text, time};

/// One way to misbehave.
#[derive(Debug)]
pub struct Attack {
    /// What the argument `evil` says.
    pub name: &'static str,
    /// What the plugin does then.
    pub does: &'static str,
    pub(crate) run: fn(&Arguments) -> Result<Response, Failure>,
}

const fn attack(name: &'static str, does: &'static str, run: fn(&Arguments) -> Result<Response, Failure>) -> Attack {
    Attack { name, does, run }
}

/// Every attack that the plugin knows.
#[rustfmt::skip] // One line an attack: this is a table.
pub const CATALOGUE: &[Attack] = &[
    // time.rs
    attack("spin", "loops for ever", time::spin),
    attack("spin-in-drop", "loops for ever in a destructor, after the answer is made", time::spin_in_drop),
    attack("sleep", "sleeps for `seconds`, by default 60", time::sleep),
    attack("recursion", "calls itself until the stack ends", time::recursion),
    attack("burn-then-trap", "loops `iterations` times, then traps", time::burn_then_trap),
    attack("host-call-flood", "reads the cache for ever", time::host_call_flood),
    attack("query-flood", "runs a query for ever, one at a time", time::query_flood),
    // size.rs
    attack("grow-memory", "allocates and touches memory for ever", size::grow_memory),
    attack("huge-log", "makes a log message of nearly 2 GiB", size::huge_log),
    attack("huge-stage", "makes a line of nearly 2 GiB", size::huge_stage),
    attack("forged-string", "logs a string of nearly 2 GiB that its memory does not have", size::forged_string),
    attack("log-100-mb-at-once", "logs 100 MB in one message", size::log_100_mb_at_once),
    attack("log-100-mb-in-pieces", "logs 100 MB in 10,000 messages", size::log_100_mb_in_pieces),
    attack("empty-log-flood", "logs a million empty messages", size::empty_log_flood),
    attack("one-byte-writes", "stages a million empty lines, one by one", size::one_byte_writes),
    attack("one-byte-prints", "prints a million bytes, one by one", size::one_byte_prints),
    attack("stage-100-mb", "stages 100 MB of good lines", size::stage_100_mb),
    attack("handle-flood", "opens queries for ever and keeps them all", size::handle_flood),
    attack("cache-flood", "caches a million small values", size::cache_flood),
    attack("huge-response", "answers with 32 MiB", size::huge_response),
    attack("many-headers", "answers with 100,000 headers", size::many_headers),
    attack("huge-failure", "fails with a message of 32 MiB", size::huge_failure),
    // numbers.rs
    attack("divide-by-zero", "divides by zero: a panic in Rust", numbers::divide_by_zero),
    attack("wild-pointer", "reads outside its memory", numbers::wild_pointer),
    attack("status-0", "answers with status 0", numbers::status_0),
    attack("status-65535", "answers with status 65,535", numbers::status_65535),
    attack("first-and-last-time", "stages points at both ends of time", numbers::first_and_last_time),
    attack("no-rows-at-a-time", "reads a result by pieces of at most 0 rows", numbers::no_rows_at_a_time),
    attack("all-rows-at-once", "reads the result of `sql`, by default one row, by pieces of at most 4,294,967,295 rows", numbers::all_rows_at_once),
    attack("count-beyond-the-end", "increments a counter beyond the largest number", numbers::count_beyond_the_end),
    attack("endless-ttl", "caches a value for 584 years", numbers::endless_ttl),
    attack("endless-timeout", "sends a request that may take 584 years", numbers::endless_timeout),
    // text.rs
    attack("bad-last-line", "stages 999 good lines and a bad one", text::bad_last_line),
    attack("bad-database-name", "stages a line for the database `../other`", text::bad_database_name),
    attack("nul-in-name", "stages a line with NUL in its names", text::nul_in_name),
    attack("newline-in-name", "stages a line with a line break in a tag", text::newline_in_name),
    attack("comma-in-name", "stages a line with escaped commas in its names", text::comma_in_name),
    attack("long-name", "stages a line with names of 64 KiB", text::long_name),
    attack("bad-cache-keys", "caches under keys that are empty, contain NUL, or are 64 KiB long", text::bad_cache_keys),
    attack("quote-in-table", "binds a quote and a statement to a table's name", text::quote_in_table),
    attack("header-smuggling", "answers with a header that contains another one", text::header_smuggling),
    attack("header-of-the-connection", "answers with headers that belong to the connection, and a nameless one", text::header_of_the_connection),
    attack("request-smuggling", "sends a header that contains another one", text::request_smuggling),
    attack("escape-in-log", "logs escape sequences and a forged entry", text::escape_in_log),
    // reach.rs
    attack("environment", "looks for variables beside its own and program arguments; fails if it sees any", reach::environment),
    attack("leak-environment", "logs, prints and fails with all variables beside its own", reach::leak_environment),
    attack("open-file", "reads `path`, by default `/etc/passwd`; fails with the refusal", reach::open_file),
    attack("create-file", "writes `path`, by default `/plugin/evil`; fails with the refusal", reach::create_file),
    attack("list-root", "lists `path`, by default `/`; fails with the refusal", reach::list_root),
    attack("connect", "connects to `address`, by default `127.0.0.1:80`; fails with the refusal", reach::connect),
    attack("send-datagram", "sends a UDP datagram; fails with the refusal", reach::send_datagram),
    attack("resolve", "resolves `example.com`; fails with the refusal", reach::resolve),
    attack("request-without-grant", "requests `url`, by default a cloud's metadata; fails with the refusal", reach::request_without_grant),
    attack("sql-that-writes", "runs `sql`, by default `DROP TABLE cpu`; fails with the refusal", reach::sql_that_writes),
    attack("read-elsewhere", "queries `database`, by default `secrets`; fails with the refusal", reach::read_elsewhere),
    attack("write-elsewhere", "stages a line for `database`, by default `secrets`", reach::write_elsewhere),
    attack("pickle-for-everybody", "caches a pickle for all triggers", reach::pickle_for_everybody),
    attack("random", "logs 16 random bytes in hexadecimal", reach::random),
    attack("hash-seed", "logs a hash, which the standard library seeds at random", reach::hash_seed),
    attack("clock", "logs the time in nanoseconds", reach::clock),
    // aftermath.rs
    attack("write-then-spin", "stages a line, caches a value, loops for ever", aftermath::write_then_spin),
    attack("write-then-trap", "stages a line, caches a value, traps", aftermath::write_then_trap),
    attack("write-then-fail", "stages a line, caches a value, fails as `invalid`", aftermath::write_then_fail),
    attack("write-then-try-again", "stages a line, caches a value, fails as `try-again`", aftermath::write_then_try_again),
    attack("write-then-exit", "stages a line, caches a value, exits with status 0", aftermath::write_then_exit),
    attack("write-now-then-trap", "writes a line at once, traps: the line stays", aftermath::write_now_then_trap),
    attack("count-then-trap", "increments a counter, traps: the count stays", aftermath::count_then_trap),
    attack("unwrap", "panics", aftermath::unwrap),
    attack("remember", "fails if its memory has seen an earlier run", aftermath::remember),
    attack("cached", "fails if one of the attacks above left a value in the cache", aftermath::cached),
];
