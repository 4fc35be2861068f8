//! Who is let in.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

use super::refusal::Refusal;
use super::request::parameters;
use super::tokens;
use crate::server::{Access, Public, Server};

/// Where a password stands in the query string: the routes of InfluxDB 1.
const WITH_PASSWORD: [&str; 2] = ["/write", "/query"];

/// With padding, as the standard wants it, or without, as Flight's client in Go
/// sends it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Lets those pass who have a token, or need none.
pub(super) async fn check(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let is_grpc = is_grpc(request.headers());
    match admit(&server, &request) {
        Ok(()) => next.run(request).await,
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
        _ => tonic::Status::invalid_argument(refusal.reason),
    }
}

fn admit(server: &Server, request: &Request) -> Result<(), Refusal> {
    let Access::Tokens(public) = &server.access else { return Ok(()) };
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
        return Ok(());
    }
    let token = match token(request.headers())? {
        None if WITH_PASSWORD.contains(&path) => password(request.uri())?,
        token => token,
    };
    if token.is_some_and(|token| server.tokens.admits(&token)) {
        return Ok(());
    }
    Err(Refusal::error(StatusCode::UNAUTHORIZED, "the request was not authenticated"))
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
