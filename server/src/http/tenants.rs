//! `/api/v3/configure/tenant`: list, create, change and delete.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, UInt64Array};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::stream;
use serde::Deserialize;
use tidegate::DatabaseError;

use super::auth::Administrator;
use super::query::{Format, answer};
use super::refusal::Refusal;
use super::request::{Json, Parameters};
use crate::server::Server;
use crate::tenants::{Tenant, TenantError};

#[derive(Debug, Deserialize)]
pub(super) struct Listing {
    format: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Definition {
    tenant: String,
    /// Those that are not to be as they are, or as by default.
    #[serde(default)]
    quotas: BTreeMap<String, u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deletion {
    tenant: String,
}

/// Lists the tenants.
pub(super) async fn list(
    State(server): State<Arc<Server>>,
    _: Administrator,
    headers: HeaderMap,
    Parameters(Listing { format }): Parameters<Listing>,
) -> Result<Response, Refusal> {
    let format = Format::wanted(format.as_deref(), &headers)?;
    let tenants = server.tenants();
    let names: StringArray = tenants.iter().map(|tenant| Some(tenant.name.as_str())).collect();
    let databases: UInt64Array = tenants.iter().map(|tenant| u64::try_from(tenant.databases).ok()).collect();
    let quotas: StringArray = tenants.iter().map(|tenant| Some(quotas(tenant))).collect();
    let columns =
        [("tenant", Arc::new(names) as ArrayRef), ("databases", Arc::new(databases)), ("quotas", Arc::new(quotas))];
    let batch = RecordBatch::try_from_iter(columns)
        .map_err(|error| Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    answer((batch.schema(), stream::iter([Ok::<_, DatabaseError>(batch)])), format).await
}

/// As on the command line: `databases=5 triggers=100`.
fn quotas(tenant: &Tenant) -> String {
    let quotas: Vec<_> = tenant.quotas.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
    quotas.join(" ")
}

/// Creates a tenant.
pub(super) async fn create(
    State(server): State<Arc<Server>>,
    _: Administrator,
    Json(Definition { tenant, quotas }): Json<Definition>,
) -> Result<StatusCode, Refusal> {
    server.create_tenant(&tenant, quotas).await?;
    Ok(StatusCode::OK)
}

/// Sets quotas of a tenant.
pub(super) async fn update(
    State(server): State<Arc<Server>>,
    _: Administrator,
    Json(Definition { tenant, quotas }): Json<Definition>,
) -> Result<StatusCode, Refusal> {
    server.update_tenant(&tenant, quotas).await?;
    Ok(StatusCode::OK)
}

/// Deletes a tenant that owns nothing.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    _: Administrator,
    Parameters(Deletion { tenant }): Parameters<Deletion>,
) -> Result<StatusCode, Refusal> {
    server.delete_tenant(&tenant).await?;
    Ok(StatusCode::OK)
}

impl From<TenantError> for Refusal {
    fn from(error: TenantError) -> Self {
        let status = match &error {
            TenantError::Exists(_) | TenantError::Owns(..) => StatusCode::CONFLICT,
            TenantError::NotFound(_) => StatusCode::NOT_FOUND,
            TenantError::Invalid(_) => StatusCode::BAD_REQUEST,
            TenantError::Default => StatusCode::METHOD_NOT_ALLOWED,
            TenantError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::error(status, error.to_string())
    }
}
