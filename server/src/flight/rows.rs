//! Rows on their way to a client, and what it is told before it asks for them.

use std::pin::Pin;

use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::encode::{FlightDataEncoder, FlightDataEncoderBuilder};
use arrow_flight::error::FlightError;
use arrow_flight::{FlightData, FlightDescriptor, FlightEndpoint, FlightInfo, IpcMessage, SchemaAsIpc, Ticket};
use bytes::Bytes;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tonic::{Request, Response, Status};

use super::status;
use crate::queries;

/// What the protocol calls data: a schema, then batches.
pub(super) type Rows = Pin<Box<dyn Stream<Item = Result<FlightData, Status>> + Send>>;

/// Streams a result as it comes. An error in the middle ends it with a status.
pub(super) fn stream(result: queries::Rows) -> Response<Rows> {
    let queries::Rows { schema, batches } = result;
    response(schema, batches.map_err(|error| FlightError::from(status::of_query(error))))
}

/// Streams one batch.
pub(super) fn one(batch: RecordBatch) -> Response<Rows> {
    response(batch.schema(), stream::iter([Ok(batch)]))
}

fn response(
    schema: SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
) -> Response<Rows> {
    Response::new(encoder(schema, batches).map_err(Status::from).boxed())
}

/// Tags are sent as plain text: not every client reads dictionaries.
fn encoder(
    schema: SchemaRef,
    batches: impl Stream<Item = Result<RecordBatch, FlightError>> + Send + 'static,
) -> FlightDataEncoder {
    FlightDataEncoderBuilder::new().with_schema(schema).build(batches)
}

/// The schema of rows as they will be sent.
pub(super) fn sent(schema: SchemaRef) -> SchemaRef {
    let encoder = encoder(SchemaRef::clone(&schema), stream::empty());
    encoder.known_schema().unwrap_or(schema)
}

/// A schema in bytes.
pub(super) fn schema_bytes(schema: &Schema) -> Result<Bytes, Status> {
    let IpcMessage(bytes) =
        SchemaAsIpc::new(schema, &IpcWriteOptions::default()).try_into().map_err(status::invalid)?;
    Ok(bytes)
}

/// Tells a client to get the rows of `request` by sending it again as a ticket.
pub(super) fn info(request: Request<FlightDescriptor>, schema: SchemaRef) -> Result<Response<FlightInfo>, Status> {
    let ticket = Ticket::new(request.get_ref().cmd.clone());
    info_with_ticket(request, (ticket, schema))
}

/// Tells a client to get the rows of `request` by a ticket.
pub(super) fn info_with_ticket(
    request: Request<FlightDescriptor>,
    (ticket, schema): (Ticket, SchemaRef),
) -> Result<Response<FlightInfo>, Status> {
    let info = FlightInfo::new().try_with_schema(&sent(schema)).map_err(status::invalid)?;
    let endpoint = FlightEndpoint::new().with_ticket(ticket);
    Ok(Response::new(info.with_endpoint(endpoint).with_descriptor(request.into_inner())))
}
