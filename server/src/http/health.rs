//! Whether the server is there, and what it is.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// `GET /health`
pub(super) async fn health() -> &'static str {
    "OK"
}

/// `GET /ping`
pub(super) async fn ping() -> impl IntoResponse {
    let body = json!({
        "product_name": "Tidegate",
        "version": VERSION,
        "revision": "",
        "process_id": std::process::id().to_string(),
    });
    ([("x-influxdb-version", VERSION), ("x-influxdb-build", "Tidegate")], Json(body))
}
