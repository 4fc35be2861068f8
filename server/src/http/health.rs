//! Whether the server is there, and what it is.

use axum::Json;
use axum::response::IntoResponse;
use serde_json::json;
use uuid::Uuid;

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
    let headers = [
        ("x-influxdb-version", VERSION.to_owned()),
        ("x-influxdb-build", "Tidegate".to_owned()),
        ("request-id", Uuid::new_v4().to_string()),
    ];
    (headers, Json(body))
}
