//! `http`: requests to the outside. No trigger can be granted any yet.

use super::HostState;
use crate::bindings::http;

impl http::Host for HostState {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, http::HttpError>> {
        let origin = request.url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
        Ok(Err(http::HttpError::Denied(format!(
            "the trigger has no grant for this request. needs=`http={} {origin}`",
            request.method
        ))))
    }
}
