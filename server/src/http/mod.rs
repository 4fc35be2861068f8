//! The HTTP interface: InfluxDB 3's routes, and a few of our own.

mod cross_origin;
mod databases;
mod engine;
mod from_plugins;
mod health;
pub(crate) mod names;
pub(crate) mod query;
mod refusal;
mod request;
mod triggers;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::{get, post};

use crate::flight;
use crate::server::Server;
use refusal::Refusal;

/// All routes.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let trigger = post(triggers::create).delete(triggers::delete).get(triggers::list);
    Router::new()
        .route("/health", get(health::health))
        .route("/api/v1/health", get(health::health))
        .route("/ping", get(health::ping).post(health::ping))
        .route("/api/v3/write_lp", post(write::write))
        .route("/api/v3/query_sql", get(query::by_url).post(query::by_body))
        .route("/api/v3/configure/database", get(databases::list).post(databases::create).delete(databases::delete))
        .route("/api/v3/configure/processing_engine_trigger", trigger)
        .route("/api/v3/configure/processing_engine_trigger/enable", post(triggers::enable))
        .route("/api/v3/configure/processing_engine_trigger/disable", post(triggers::disable))
        .route("/api/v3/configure/processing_engine_trigger/log", get(triggers::log))
        .route("/api/v3/engine/{*path}", get(engine::answer).post(engine::answer))
        .route_service(flight::PATH, flight::service(Arc::clone(&server)))
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn(from_plugins::limit))
        .layer(from_fn(cross_origin::allow))
        .with_state(server)
}

async fn not_found() -> Refusal {
    Refusal::text(StatusCode::NOT_FOUND, "Not found")
}
