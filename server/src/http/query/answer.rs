//! Rows on their way to a client.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::util::pretty::pretty_format_batches_with_schema;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt};

use super::Format;
use super::encode::Encoder;
use crate::http::refusal::Refusal;

/// A table for people is laid out as a whole, so it must fit in memory.
const MAX_PRETTY_BYTES: usize = 64 << 20;

/// Answers with the rows of `batches`: as they come, or all at once if `format`
/// is for people.
///
/// # Errors
/// If the first batch, or a table for people, cannot be had. A later error ends
/// the connection before the body is complete.
pub(in crate::http) async fn answer<E: Into<Refusal> + Send + 'static>(
    (schema, batches): (SchemaRef, impl Stream<Item = Result<RecordBatch, E>> + Send + 'static),
    format: Format,
) -> Result<Response, Refusal> {
    let batches = batches.boxed();
    let encoder = match format {
        Format::Json => Encoder::json(),
        Format::JsonLines => Encoder::json_lines(),
        Format::Csv => Encoder::csv(schema),
        Format::Parquet => Encoder::parquet(schema).map_err(failed)?,
        Format::Pretty => return pretty(&schema, batches).await,
    };
    // Most errors show before the first rows, while there is still a status to
    // tell them by.
    let mut pieces = encoded(batches, encoder).boxed();
    let first = pieces.next().await.transpose()?;
    let pieces = pieces.map(|piece| piece.map_err(|refusal| io::Error::other(refusal.reason)));
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(pieces));
    Ok(([(CONTENT_TYPE, format.content_type())], body).into_response())
}

fn encoded<E: Into<Refusal>>(
    batches: impl Stream<Item = Result<RecordBatch, E>> + Send + Unpin,
    encoder: Encoder,
) -> impl Stream<Item = Result<Vec<u8>, Refusal>> {
    stream::try_unfold(Some((batches, encoder)), |state| async {
        let Some((mut batches, mut encoder)) = state else {
            return Ok(None);
        };
        match batches.next().await.transpose().map_err(Into::into)? {
            Some(batch) => {
                let bytes = encode(|| encoder.encode(&batch))?;
                Ok(Some((bytes, Some((batches, encoder)))))
            }
            None => Ok(Some((encode(|| encoder.finish())?, None))),
        }
    })
}

/// Not every value can be written in every format: some make the encoder panic.
fn encode(encode: impl FnOnce() -> Result<Vec<u8>, ArrowError>) -> Result<Vec<u8>, Refusal> {
    match catch_unwind(AssertUnwindSafe(encode)) {
        Ok(encoded) => encoded.map_err(failed),
        Err(_) => Err(failed("a value cannot be written in this format; ask for another, or cast it to text")),
    }
}

async fn pretty<E: Into<Refusal>>(
    schema: &SchemaRef,
    mut batches: impl Stream<Item = Result<RecordBatch, E>> + Send + Unpin,
) -> Result<Response, Refusal> {
    let (mut all, mut bytes) = (Vec::new(), 0_usize);
    while let Some(batch) = batches.next().await.transpose().map_err(Into::into)? {
        bytes = bytes.saturating_add(batch.get_array_memory_size());
        if bytes > MAX_PRETTY_BYTES {
            let reason = format!("too large for a table; use jsonl, or LIMIT. allowed=`{MAX_PRETTY_BYTES}`");
            return Err(Refusal::text(StatusCode::BAD_REQUEST, reason));
        }
        all.push(batch);
    }
    let table = encode(|| Ok(pretty_format_batches_with_schema(Arc::clone(schema), &all)?.to_string().into_bytes()));
    Ok(([(CONTENT_TYPE, Format::Pretty.content_type())], table?).into_response())
}

/// Says that rows cannot be written, as InfluxDB 3 says that a query failed while
/// it ran.
fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::text(StatusCode::BAD_REQUEST, format!("error while executing plan: {error}"))
}
