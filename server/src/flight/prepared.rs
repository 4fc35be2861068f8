//! Prepared statements: a handle that the client keeps, and binding values to
//! its parameters, which makes another handle.

use arrow::array::RecordBatch;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Command, DoPutPreparedStatementResult,
};
use arrow_flight::{Action, FlightData};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt, stream};
use std::panic::AssertUnwindSafe;
use tonic::metadata::MetadataMap;
use tonic::{Request, Status, Streaming};

use super::session::Session;
use super::statement::Statement;
use super::{arguments, handle, query, refusal, rows, sql, status};

/// Describes a statement and makes a handle for it.
pub(super) async fn create(
    session: &Session,
    request: Request<Action>,
) -> Result<ActionCreatePreparedStatementResult, Status> {
    let command = sql::command(&request.get_ref().body)?;
    let Command::ActionCreatePreparedStatementRequest(asked) = command else {
        return Err(refusal::of(&command));
    };
    describe(session, asked, request.metadata()).await
}

async fn describe(
    session: &Session,
    asked: ActionCreatePreparedStatementRequest,
    headers: &MetadataMap,
) -> Result<ActionCreatePreparedStatementResult, Status> {
    let statement = Statement::new(asked.query, headers)?;
    let description = query::describe(session, &statement).await?;
    Ok(ActionCreatePreparedStatementResult {
        prepared_statement_handle: handle::pack(statement),
        dataset_schema: rows::schema_bytes(&rows::sent(description.columns))?,
        parameter_schema: rows::schema_bytes(&description.parameters)?,
    })
}

/// Binds one row of values to the statement that the first message names, and
/// makes a handle for both.
pub(super) async fn bind(
    session: &Session,
    request: Request<Streaming<FlightData>>,
) -> Result<DoPutPreparedStatementResult, Status> {
    let mut messages = request.into_inner();
    let missing = || Status::invalid_argument("the first message has no descriptor with a command of Flight SQL");
    let first = messages.message().await?.ok_or_else(missing)?;
    let command = sql::command(&first.flight_descriptor.as_ref().ok_or_else(missing)?.cmd)?;
    let Command::CommandPreparedStatementQuery(asked) = command else {
        return Err(refusal::of(&command));
    };
    let statement = handle::unpack(&asked.prepared_statement_handle)?;
    let wanted = query::describe(session, &statement).await?.parameters;
    // Not every message that is no Arrow data is an error to the decoder.
    let row = AssertUnwindSafe(one_row(stream::iter([Ok(first)]).chain(messages))).catch_unwind().await;
    let row = row.unwrap_or_else(|_| Err(Status::invalid_argument("the values are not Arrow data")))?;
    let parameters = arguments::values(&wanted, &row)?;
    let bound: Bytes = handle::pack(Statement { parameters, ..statement });
    Ok(DoPutPreparedStatementResult { prepared_statement_handle: Some(bound) })
}

/// The only batch with rows. More are not read.
async fn one_row(
    messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static,
) -> Result<RecordBatch, Status> {
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages.map_err(FlightError::from));
    let mut found = None;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(|error| match error {
            FlightError::Tonic(status) => *status,
            FlightError::Arrow(_)
            | FlightError::NotYetImplemented(_)
            | FlightError::ProtocolError(_)
            | FlightError::DecodeError(_)
            | FlightError::ExternalError(_) => status::invalid(error),
        })?;
        if batch.num_rows() > 0 && found.replace(batch).is_some() {
            return Err(arguments::one_row_only("more"));
        }
    }
    found.ok_or_else(|| arguments::one_row_only("0"))
}
