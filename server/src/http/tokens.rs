//! `/api/v3/configure/token`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use tidegate::TenantId;

use super::auth::Administrator;
use super::refusal::Refusal;
use super::request;
use crate::permissions::Permissions;
use crate::server::{Access, Server};
use crate::tokens::{Holder, NewToken, TokenError};

/// Where the first token is made.
pub(super) const FIRST: &str = "/api/v3/configure/token/admin";

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    token_name: String,
    expiry_secs: Option<u64>,
}

/// A tenant's token, as InfluxDB 3 Enterprise's clients ask for one.
#[derive(Debug, Deserialize)]
pub(super) struct Permitted {
    token_name: String,
    /// The one that the caller acts for, if none is named.
    tenant: Option<String>,
    permissions: Permissions,
    expiry_secs: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Deletion {
    token_name: String,
}

type Created = Result<(StatusCode, Json<NewToken>), Refusal>;

/// Makes the operator's token, once.
pub(super) async fn create_operator(State(server): State<Arc<Server>>) -> Created {
    require_tokens(&server)?;
    Ok((StatusCode::CREATED, Json(server.tokens.create_operator().await?)))
}

/// Makes the operator's token anew.
pub(super) async fn regenerate_operator(State(server): State<Arc<Server>>, _: Administrator) -> Created {
    require_tokens(&server)?;
    Ok((StatusCode::CREATED, Json(server.tokens.regenerate_operator().await?)))
}

/// Makes another administrator's token.
pub(super) async fn create_named(
    State(server): State<Arc<Server>>,
    _: Administrator,
    request::Json(Named { token_name, expiry_secs }): request::Json<Named>,
) -> Created {
    require_tokens(&server)?;
    let expiry = expiry_secs.map(Duration::from_secs);
    Ok((StatusCode::CREATED, Json(server.tokens.create_named(&token_name, expiry, Holder::Administrator).await?)))
}

/// Makes a tenant's token.
pub(super) async fn create_permitted(
    State(server): State<Arc<Server>>,
    Administrator(caller): Administrator,
    request::Json(Permitted { token_name, tenant, permissions, expiry_secs }): request::Json<Permitted>,
) -> Created {
    require_tokens(&server)?;
    let invalid = |error: tidegate::BadName| Refusal::error(StatusCode::BAD_REQUEST, error.to_string());
    let tenant = tenant.map(TenantId::new).transpose().map_err(invalid)?.unwrap_or_else(|| caller.tenant().clone());
    let (expiry, holder) = (expiry_secs.map(Duration::from_secs), Holder::Tenant(tenant, permissions));
    Ok((StatusCode::CREATED, Json(server.tokens.create_named(&token_name, expiry, holder).await?)))
}

/// Takes a token back.
pub(super) async fn delete(
    State(server): State<Arc<Server>>,
    _: Administrator,
    request::Parameters(Deletion { token_name }): request::Parameters<Deletion>,
) -> Result<StatusCode, Refusal> {
    require_tokens(&server)?;
    server.tokens.delete(&token_name).await?;
    Ok(StatusCode::OK)
}

fn require_tokens(server: &Server) -> Result<(), Refusal> {
    if server.access == Access::Open {
        return Err(Refusal::text(StatusCode::METHOD_NOT_ALLOWED, "endpoint disabled, started without auth"));
    }
    Ok(())
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        let status = match &error {
            TokenError::Exists(_) => StatusCode::CONFLICT,
            TokenError::NotFound(_) | TokenError::NoTenant(_) => StatusCode::NOT_FOUND,
            TokenError::Operator => StatusCode::METHOD_NOT_ALLOWED,
            TokenError::Name(_) | TokenError::Powerless | TokenError::Weak | TokenError::Other => {
                StatusCode::BAD_REQUEST
            }
            TokenError::NoChance | TokenError::NotKept(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::error(status, error.to_string())
    }
}
