//! A plugin to be measured: on write it derives a line from each row, on its
//! schedule it does nothing, on request it calls the host.

use std::hint::black_box;
use std::time::Instant;

use tidegate_sdk::write::Lines;
use tidegate_sdk::{
    Arguments, Failure, Line, Request, Response, TableBatch, cache, on_request, on_schedule, on_write, query, write,
};

on_write!(derive_rows);
on_schedule!(nothing);
on_request!(call);

fn derive_rows(batches: Vec<TableBatch>, _: Arguments) -> Result<(), Failure> {
    Ok(write::stage(derived(&batches)?)?)
}

fn nothing(_: i64, _: Arguments) -> Result<(), Failure> {
    Ok(())
}

/// Does what the path names, as often as the query says.
fn call(request: Request, _: Arguments) -> Result<Response, Failure> {
    let times = request.parameter("times").unwrap_or("0").parse::<u32>()?;
    let one = match request.path.as_str() {
        "clock" => clock,
        "cache" => miss,
        "query" => ten_rows,
        path => {
            let message = format!("there is nothing like this to call. path=`{path}`");
            return Err(Failure::invalid(message));
        }
    };
    (0..times).try_for_each(|_| one())?;
    Ok(Response::text("done"))
}

fn clock() -> Result<(), Failure> {
    black_box(now());
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "in a guest this is a host call, the cheapest there is")]
fn now() -> Instant {
    Instant::now()
}

fn miss() -> Result<(), Failure> {
    black_box(cache::get::<i64>("nothing is kept here")?);
    Ok(())
}

fn ten_rows() -> Result<(), Failure> {
    let mut rows = 0_usize;
    for piece in query::sql("SELECT host, usage, time FROM cpu LIMIT 10").open()? {
        rows = rows.saturating_add(piece?.rows().count());
    }
    if rows == 10 { Ok(()) } else { Err(Failure::invalid(format!("not ten rows. rows=`{rows}`"))) }
}

/// Derives one line from each row. This is what is also called natively.
///
/// # Errors
/// If a row makes no line.
pub fn derived(batches: &[TableBatch]) -> Result<String, write::Error> {
    let rows = batches.iter().flat_map(TableBatch::rows);
    let lines: Vec<_> = rows
        .map(|row| {
            Line::new("derived")
                .tag("host", row.tag("host").unwrap_or("unknown"))
                .float("usage", row.float("usage").unwrap_or_default() * 2.0)
                .time(row.time())
        })
        .collect();
    lines.into_text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_gives_a_line() {
        let batch = TableBatch::new("cpu", [1, 2])
            .with_tag("host", [Some("a"), Some("b")])
            .with_floats("usage", [Some(1.5), Some(0.1)]);

        assert_eq!(derived(&[batch]).unwrap(), "derived,host=a usage=3.0 1\nderived,host=b usage=0.2 2\n");
    }
}
