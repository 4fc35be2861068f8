//! Who is let in, and as whom.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use tidegate::TenantId;

use super::refusal::Refusal;
use super::request::parameters;
use super::tokens;
use crate::caller::Caller;
use crate::server::{Access, Public, Server};
use crate::tokens::Holder;

/// Where a password stands in the query string: the routes of InfluxDB 1.
const WITH_PASSWORD: [&str; 2] = ["/write", "/query"];

/// With padding, as the standard wants it, or without, as Flight's client in Go
/// sends it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Names the tenant that an administrator acts for.
pub(crate) const TENANT: &str = "tidegate-tenant";

/// Lets those pass who have a token, or need none.
pub(super) async fn check(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let is_grpc = is_grpc(request.headers());
    match admit(&server, &request) {
        Ok(caller) => {
            if let Some(caller) = caller {
                request.extensions_mut().insert(caller);
            }
            next.run(request).await
        }
        Err(refusal) if is_grpc => grpc(refusal).into_http(),
        Err(refusal) => refusal.into_response(),
    }
}

pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/grpc"))
}

fn grpc(refusal: Refusal) -> tonic::Status {
    match refusal.status {
        StatusCode::UNAUTHORIZED => tonic::Status::unauthenticated(refusal.reason),
        StatusCode::FORBIDDEN => tonic::Status::permission_denied(refusal.reason),
        StatusCode::NOT_FOUND => tonic::Status::not_found(refusal.reason),
        StatusCode::TOO_MANY_REQUESTS => tonic::Status::resource_exhausted(refusal.reason),
        _ => tonic::Status::invalid_argument(refusal.reason),
    }
}

/// Who asks; nobody if everybody may.
fn admit(server: &Server, request: &Request) -> Result<Option<Caller>, Refusal> {
    let Access::Tokens(public) = &server.access else {
        return administrator(server, request.headers()).map(Some);
    };
    let path = request.uri().path();
    let is_public = match path {
        "/health" | "/api/v1/health" => public.contains(&Public::Health),
        "/ping" => public.contains(&Public::Ping),
        "/metrics" => public.contains(&Public::Metrics),
        // It works once only; somebody has to have the first token.
        tokens::FIRST => request.method() == Method::POST,
        _ => false,
    };
    if is_public {
        return Ok(None);
    }
    let token = match token(request.headers())? {
        None if WITH_PASSWORD.contains(&path) => password(request.uri())?,
        token => token,
    };
    match token.and_then(|token| server.tokens.holder(&token)) {
        Some(Holder::Administrator) => administrator(server, request.headers()).map(Some),
        Some(Holder::Tenant(own, permissions)) => {
            if tenant(request.headers())?.is_some_and(|named| named != own) {
                let why = format!("the token is a tenant's own, and another tenant is named; leave `{TENANT}` away");
                return Err(Refusal::error(StatusCode::FORBIDDEN, why));
            }
            Ok(Some(Caller::permitted(own, permissions)))
        }
        None => Err(not_authenticated()),
    }
}

fn not_authenticated() -> Refusal {
    Refusal::error(StatusCode::UNAUTHORIZED, "the request was not authenticated")
}

/// An administrator, who acts for the tenant that the headers name.
fn administrator(server: &Server, headers: &HeaderMap) -> Result<Caller, Refusal> {
    let tenant = tenant(headers)?.unwrap_or_else(TenantId::default_tenant);
    if !server.catalog.now().has_tenant(&tenant) {
        let why = format!(
            "there is no such tenant; create it with `tidegate create tenant`, or leave `{TENANT}` away. tenant=`{tenant}`"
        );
        return Err(Refusal::error(StatusCode::NOT_FOUND, why));
    }
    Ok(Caller::administrator(tenant))
}

/// The tenant that the headers name, if any.
fn tenant(headers: &HeaderMap) -> Result<Option<TenantId>, Refusal> {
    let Some(value) = headers.get(TENANT) else { return Ok(None) };
    let named = value.to_str().ok().and_then(|name| TenantId::new(name).ok());
    let none = || Refusal::error(StatusCode::BAD_REQUEST, format!("the header `{TENANT}` names no tenant"));
    named.ok_or_else(none).map(Some)
}

// Only requests that have passed the check have one: a handler that asks for it
// on a route for everybody refuses everybody.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(not_authenticated)
    }
}

/// An administrator, who acts for some tenant.
#[derive(Debug)]
pub(super) struct Administrator(pub(super) Caller);

impl<S: Sync> FromRequestParts<S> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let caller = Caller::from_request_parts(parts, state).await?;
        caller.administers()?;
        Ok(Self(caller))
    }
}

/// The token that the headers bring, if any.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let malformed = || {
        Refusal::error(
            StatusCode::BAD_REQUEST,
            "Authorization header was malformed, the request was not in the form of 'Authorization: <auth-scheme> \
             <token>', supported auth-schemes are Bearer, Token and Basic",
        )
    };
    let (scheme, token) = value.to_str().ok().and_then(|value| value.trim().split_once(' ')).ok_or_else(malformed)?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "token" => Ok(Some(token.trim().to_owned())),
        "basic" => {
            let pair = BASE64.decode(token.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            let (_, password) = pair.as_deref().and_then(|pair| pair.split_once(':')).ok_or_else(malformed)?;
            Ok(Some(password.to_owned()))
        }
        _ => Err(malformed()),
    }
}

fn password(uri: &Uri) -> Result<Option<String>, Refusal> {
    #[derive(Deserialize)]
    struct Credentials {
        p: Option<String>,
    }
    parameters(uri).map(|Credentials { p }| p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &'static str) -> Result<Option<String>, StatusCode> {
        token(&HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())])).map_err(|refusal| refusal.status)
    }

    #[test]
    fn a_token_comes_by_three_schemes() {
        assert_eq!(of("Bearer a"), Ok(Some("a".into())));
        assert_eq!(of("Token  b"), Ok(Some("b".into())));
        assert_eq!(of("basic dXNlcjpjOmQ="), Ok(Some("c:d".into())));
        assert_eq!(of("Basic dXNlcjpjOmQ"), Ok(Some("c:d".into())));
        assert_eq!(token(&HeaderMap::new()).unwrap(), None);
        for malformed in ["Bearer", "Digest x", "Basic !", "Basic dXNlcg=="] {
            assert_eq!(of(malformed), Err(StatusCode::BAD_REQUEST), "{malformed}");
        }
    }

    #[test]
    fn influxdb_1_has_its_password_in_the_query_string() {
        assert_eq!(password(&"/write?u=a&p=b%20c".parse().unwrap()).unwrap(), Some("b c".into()));
        assert_eq!(password(&"/write".parse().unwrap()).unwrap(), None);
    }
}
