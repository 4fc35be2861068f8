//! Attacks with text that means something to somebody else.

use tidegate_sdk::{Arguments, Failure, Response, cache, http, query, write};

use crate::survived;

pub(crate) fn bad_last_line(_: &Arguments) -> Result<Response, Failure> {
    let mut lines = "evil written=1i\n".repeat(999);
    lines.push_str("evil written=");
    write::stage(lines)?;
    survived()
}

pub(crate) fn bad_database_name(_: &Arguments) -> Result<Response, Failure> {
    write::to("../other").stage("evil written=1i")?;
    survived()
}

pub(crate) fn nul_in_name(_: &Arguments) -> Result<Response, Failure> {
    write::stage("ev\0il writ\0ten=1i")?;
    survived()
}

pub(crate) fn newline_in_name(_: &Arguments) -> Result<Response, Failure> {
    write::stage("evil,host=a\nsmuggled written=1i")?;
    survived()
}

pub(crate) fn comma_in_name(_: &Arguments) -> Result<Response, Failure> {
    write::stage(r"ev\,il,ho\,st=a\,b writ\,ten=1i")?;
    survived()
}

pub(crate) fn long_name(_: &Arguments) -> Result<Response, Failure> {
    let name = "x".repeat(64 << 10);
    write::stage(format!("{name} {name}=1i"))?;
    survived()
}

pub(crate) fn bad_cache_keys(_: &Arguments) -> Result<Response, Failure> {
    cache::put("", "x")?;
    cache::put("a\0b", "x")?;
    cache::put(&"x".repeat(64 << 10), "x")?;
    survived()
}

pub(crate) fn quote_in_table(_: &Arguments) -> Result<Response, Failure> {
    query::sql("SELECT * FROM $table").bind("table", "evil\"; DROP TABLE evil; --").open()?;
    survived()
}

pub(crate) fn header_smuggling(_: &Arguments) -> Result<Response, Failure> {
    Ok(Response::text("a").with_header("x-evil", "a\r\nset-cookie: owned=1"))
}

pub(crate) fn header_of_the_connection(_: &Arguments) -> Result<Response, Failure> {
    let response = Response::text("a").with_header("transfer-encoding", "chunked");
    Ok(response.with_header("content-length", "1000000").with_header("", "x"))
}

pub(crate) fn request_smuggling(_: &Arguments) -> Result<Response, Failure> {
    let request = http::Request::get("http://127.0.0.1/").with_header("x-evil", "a\r\nhost: b");
    http::send(&request)?;
    survived()
}

pub(crate) fn escape_in_log(_: &Arguments) -> Result<Response, Failure> {
    tidegate_sdk::log::error!("\x1b[2J\x1b]0;owned\x07\u{202e}\nERROR forged entry");
    survived()
}
