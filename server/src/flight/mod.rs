//! Arrow Flight, on the port of the HTTP interface: the tickets that InfluxDB
//! 3's clients send, and Flight SQL for everybody else.
//!
//! `front` takes every call, `tickets` reads what the clients send, `sql` and
//! `prepared` answer Flight SQL. All of them make a `Statement`, and `query` runs
//! it in the `session` of whoever asks.

mod arguments;
mod catalog;
mod front;
mod handle;
mod handshake;
mod keys;
mod prepared;
mod query;
mod refusal;
mod rows;
mod server_info;
mod session;
mod sql;
mod statement;
mod status;
mod tickets;

use std::sync::Arc;

use arrow_flight::flight_service_server::FlightServiceServer;

use crate::server::Server;
use front::Front;

/// Where the service is found.
pub(crate) const PATH: &str = "/arrow.flight.protocol.FlightService/{*method}";

/// The service. No message may be larger than the body of an HTTP request.
pub(crate) fn service(server: Arc<Server>) -> FlightServiceServer<Front> {
    let max_bytes = server.max_request_bytes;
    FlightServiceServer::new(Front(server)).max_decoding_message_size(max_bytes)
}
