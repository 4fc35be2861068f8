//! influxdb3-python, unmodified, as its users install it.

use testkit::{Server, python_client};

fn write(function: &str) {
    python_client(&Server::start(), "influxdb3_writes.py", function);
}

fn query(function: &str) {
    python_client(&Server::start(), "influxdb3_queries.py", function);
}

#[test]
fn points_of_every_type_are_written() {
    write("points");
}

#[test]
fn lines_are_written_in_every_form() {
    write("lines");
}

#[test]
fn data_frames_are_written() {
    write("data_frames");
}

#[test]
fn the_batching_writer_flushes_closes_and_calls_back() {
    write("batching");
}

#[test]
fn both_endpoints_take_every_precision() {
    write("endpoints");
}

#[test]
fn writes_need_not_wait_to_be_durable() {
    write("no_sync");
}

#[test]
fn compressed_bodies_are_written() {
    write("gzip");
}

#[test]
fn bad_lines_raise_what_the_server_says() {
    write("errors");
}

#[test]
fn every_mode_of_a_query_returns_the_same_rows() {
    query("modes");
}

#[test]
fn the_schema_says_what_columns_were_stored_as() {
    query("schema");
}

#[test]
fn queries_run_from_an_event_loop() {
    query("asynchronous");
}

#[test]
fn queries_have_parameters() {
    query("parameters");
}

#[test]
fn bad_queries_raise_what_the_server_says() {
    query("errors");
}

#[test]
fn the_server_tells_its_version() {
    query("version");
}

#[test]
fn system_tables_are_queried_like_others() {
    query("system_tables");
}
