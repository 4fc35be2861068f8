//! Changes come to their end, whoever waits for them.
//!
//! A handler is dropped in the middle when its client hangs up. What it had
//! begun to change would stay half changed.

use std::panic::resume_unwind;

use axum::extract::Request;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;

/// Goes on with what changes something when nobody waits for it any more.
pub(super) async fn go_on(request: Request, next: Next) -> Response {
    if request.method() == Method::GET {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
        Err(_) => Refusal::text(StatusCode::SERVICE_UNAVAILABLE, "the server is stopping").into_response(),
    }
}
