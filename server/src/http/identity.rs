//! Which server answers, on every answer; and an answer whatever happens.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;

use super::auth::is_grpc;
use super::refusal::Refusal;
use crate::server::Server;

const BUG: &str = "a bug in the server; please report it";

const CLUSTER: HeaderName = HeaderName::from_static("cluster-uuid");

/// Says which server it was. A panic is an answer, too: the connection would
/// close without one.
pub(super) async fn sign(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let (path, is_grpc) = (request.uri().path().to_owned(), is_grpc(request.headers()));
    let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answered.unwrap_or_else(|_| {
        tracing::error!(path, "a request made the server panic; please report it");
        if is_grpc {
            return tonic::Status::internal(BUG).into_http();
        }
        Refusal::error(StatusCode::INTERNAL_SERVER_ERROR, BUG).into_response()
    });
    if let Ok(cluster) = HeaderValue::from_str(&server.catalog.now().cluster) {
        response.headers_mut().insert(CLUSTER, cluster);
    }
    response
}
