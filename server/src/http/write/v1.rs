//! `POST /write`, as InfluxDB 1 has it.

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

/// The retention policy that every database has without being asked.
const DEFAULT_POLICY: &str = "autogen";

#[derive(Debug, Deserialize)]
struct Parameters {
    db: String,
    /// A retention policy.
    rp: Option<String>,
    precision: Option<String>,
}

/// Writes lines, all or none.
pub(in crate::http) async fn write(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request: Request,
) -> Result<StatusCode, Refusal> {
    written((&server, &caller), request).await.map_err(Refusal::told_as_v1)
}

async fn written((server, caller): (&Arc<Server>, &Caller), request: Request) -> Result<StatusCode, Refusal> {
    let asked: Parameters = parameters(request.uri())?;
    let database = database(&asked.db, asked.rp.as_deref());
    let defaults = (Precision::Nanosecond, Partial::Reject);
    Ask::new((server, caller), &database, asked.precision.as_deref(), defaults)?.write(server, request).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The database that stands for a database and a retention policy.
fn database(db: &str, policy: Option<&str>) -> String {
    match policy {
        None | Some("" | DEFAULT_POLICY) => db.to_owned(),
        Some(policy) => format!("{db}/{policy}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_retention_policy_is_part_of_the_databases_name() {
        assert_eq!(database("db", None), "db");
        assert_eq!(database("db", Some("autogen")), "db");
        assert_eq!(database("db", Some("weekly")), "db/weekly");
    }
}
