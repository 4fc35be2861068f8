//! `POST /api/v2/write`, as InfluxDB 2 and Telegraf's `influxdb_v2` have it.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde::Deserialize;
use tidegate_database::{Partial, Precision};

use super::Ask;
use crate::caller::Caller;
use crate::http::refusal::Refusal;
use crate::http::request::parameters;
use crate::server::Server;

/// Organizations are not asked for: they do not exist.
#[derive(Debug, Deserialize)]
struct Parameters {
    bucket: String,
    precision: Option<String>,
}

/// Writes lines, all or none.
pub(in crate::http) async fn write(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request: Request,
) -> Result<StatusCode, Refusal> {
    written((&server, &caller), request).await.map_err(Refusal::told_as_v2)
}

async fn written((server, caller): (&Arc<Server>, &Caller), request: Request) -> Result<StatusCode, Refusal> {
    let asked: Parameters = parameters(request.uri())?;
    let defaults = (Precision::Nanosecond, Partial::Reject);
    Ask::new((server, caller), &asked.bucket, asked.precision.as_deref(), defaults)?.write(server, request).await?;
    Ok(StatusCode::NO_CONTENT)
}
