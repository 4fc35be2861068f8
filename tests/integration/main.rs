//! The one integration binary: what the product promises, over real guests.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::wildcard_enum_match_arm,
    reason = "tests"
)]

mod architecture;
mod clients {
    mod flight;
    mod flight_sql;
    mod influxdb3_python;
    mod influxdb3_rust;
}
mod conformance {
    mod api;
    mod cache;
    mod evaluator;
    mod line_builder;
    mod packages;
    mod query;
    mod responses;
    mod schedules;
    mod triggers;
    mod writes;
    mod written_rows;
}
mod command_line {
    mod administration;
    mod rows;
    mod triggers;
    mod usage;
}
mod database_without_log;
mod evil;
mod examples;
mod grants;
mod host {
    mod cache;
    mod files;
    mod http;
    mod log;
    mod query;
    mod wasi;
    mod write;
}
mod http;
mod isolation;
mod limits;
mod load;
mod package;
mod plugins {
    mod deadman_alert;
    mod downsample;
    mod evil;
    mod host_summary;
    mod rate_of_change;
    mod schema_validation;
    mod signal_generator;
    mod state_change;
    mod threshold_alert;
    mod threshold_checks;
    mod unit_conversion;
}
mod python;
mod python_libraries;
mod python_packages;
mod python_requests;
mod quotas;
mod server;
mod server_grants;
mod triggers {
    mod errors;
    mod request;
    mod schedule;
    mod write;
}
mod warm;
