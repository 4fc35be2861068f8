//! What plugins may ask of the server that they run in.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::engine;
use super::refusal::Refusal;

/// Lets requests of plugins pass to triggers only: whoever wrote one must not act
/// as the holder of a token that it was given.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if request.headers().contains_key(tidegate::FROM_PLUGIN) && !path.starts_with(engine::PREFIX) {
        let why = format!(
            "a plugin reaches only the request triggers of a server, under {}; for data use influxdb3_local, and \
             administer the server from outside. path=`{path}`",
            engine::PREFIX
        );
        return Refusal::error(StatusCode::FORBIDDEN, why).into_response();
    }
    next.run(request).await
}
