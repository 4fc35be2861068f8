//! Flight SQL, with the ADBC driver as its users install it.

use testkit::{Server, python_client};

fn run(function: &str) {
    python_client(&Server::start(), "flight_sql.py", function);
}

#[test]
fn catalogs_schemas_tables_and_columns_are_listed() {
    run("catalog");
}

#[test]
fn statements_return_rows_and_tell_their_columns() {
    run("queries");
}

#[test]
fn values_are_bound_to_prepared_statements() {
    run("prepared");
}

#[test]
fn bad_statements_raise_what_the_server_says() {
    run("errors");
}

#[test]
fn a_large_result_is_streamed_and_its_error_comes_through() {
    run("streaming");
}

#[test]
fn a_password_is_handed_back_as_a_token() {
    run("password");
}

#[test]
fn nobody_is_let_in_without_a_token_which_may_come_as_a_password() {
    python_client(&Server::start_guarded(|_, _| {}), "flight_sql.py", "tokens");
}
