//! The HTTP interface: InfluxDB 3's routes, and a few of our own.

pub(crate) mod auth;
mod buffered;
mod cross_origin;
mod databases;
mod engine;
mod from_plugins;
mod health;
mod identity;
mod metrics;
pub(crate) mod names;
mod plugin_files;
mod plugin_test;
pub(crate) mod query;
mod refusal;
mod request;
mod tables;
mod tenants;
mod to_the_end;
mod tokens;
mod triggers;
mod unread;
mod unsupported;
mod write;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{any, get, post, put};

use crate::flight;
use crate::server::Server;
pub(crate) use buffered::Budget;
use refusal::Refusal;

/// All routes.
pub(crate) fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/health", get(health::health))
        .route("/api/v1/health", get(health::health))
        .route("/ping", get(health::ping).post(health::ping))
        .route("/metrics", get(metrics::metrics))
        .route("/write", post(write::v1))
        .route("/api/v2/write", post(write::v2))
        .route("/api/v3/write_lp", post(write::v3))
        .route("/api/v3/query_sql", get(query::by_url).post(query::by_body))
        // Where InfluxDB 3 Enterprise has it.
        .route("/api/v3/enterprise/configure/token", post(tokens::create_permitted))
        .route("/api/v3/engine/{*path}", get(engine::answer).post(engine::answer))
        .merge(over_grpc(&server))
        .merge(plugins())
        .nest("/api/v3/configure", configuration())
        .merge(not_supported())
        .fallback(not_found)
        .method_not_allowed_fallback(not_found)
        .layer(from_fn(from_plugins::limit))
        .layer(from_fn_with_state(Arc::clone(&server), auth::check))
        .layer(from_fn(cross_origin::allow))
        .layer(from_fn_with_state(Arc::clone(&server), identity::sign))
        .layer(from_fn_with_state(Arc::clone(&server), unread::read_on))
        .with_state(server)
}

fn over_grpc(server: &Arc<Server>) -> Router<Arc<Server>> {
    Router::new()
        .route_service(flight::PATH, flight::service(Arc::clone(server)))
        .layer(from_fn_with_state(Arc::clone(server), buffered::count_grpc))
}

fn plugins() -> Router<Arc<Server>> {
    Router::new()
        .route("/api/v3/plugins/files", post(plugin_files::create).put(plugin_files::update))
        .route("/api/v3/plugins/directory", put(plugin_files::update_directory))
        .layer(from_fn(to_the_end::go_on))
        .route("/api/v3/plugin_test/wal", post(plugin_test::on_write))
        .route("/api/v3/plugin_test/schedule", post(plugin_test::on_schedule))
        .route("/api/v3/plugin_test/request", post(plugin_test::on_request))
}

/// Below `/api/v3/configure`.
fn configuration() -> Router<Arc<Server>> {
    Router::new()
        .route(
            "/database",
            get(databases::list).post(databases::create).put(databases::update).delete(databases::delete),
        )
        .route("/database/retention_period", post(databases::set_retention).delete(databases::clear_retention))
        .route("/table", post(tables::create).delete(tables::delete))
        .route(
            "/processing_engine_trigger",
            get(triggers::list).post(triggers::create).put(triggers::update).delete(triggers::delete),
        )
        .route("/processing_engine_trigger/enable", post(triggers::enable))
        .route("/processing_engine_trigger/disable", post(triggers::disable))
        .route("/processing_engine_trigger/log", get(triggers::log))
        .route("/processing_engine_trigger/runs", get(triggers::runs))
        .route("/tenant", get(tenants::list).post(tenants::create).put(tenants::update).delete(tenants::delete))
        .route("/token", post(tokens::create_permitted).delete(tokens::delete))
        .route("/token/admin", post(tokens::create_operator))
        .route("/token/admin/regenerate", post(tokens::regenerate_operator))
        .route("/token/named_admin", post(tokens::create_named))
        .layer(from_fn(to_the_end::go_on))
        // A run ends with who waits for it.
        .route("/processing_engine_trigger/run", post(triggers::run))
}

/// What InfluxDB 3 has and this server has not.
fn not_supported() -> Router<Arc<Server>> {
    Router::new()
        .route("/query", any(unsupported::influxql))
        .route("/api/v3/query_influxql", any(unsupported::influxql))
        .route("/api/v3/configure/last_cache", any(unsupported::last_cache))
        .route("/api/v3/configure/distinct_cache", any(unsupported::distinct_cache))
        .route("/api/v3/configure/plugin_environment/install_packages", any(unsupported::packages))
        .route("/api/v3/configure/plugin_environment/install_requirements", any(unsupported::packages))
}

async fn not_found() -> Refusal {
    Refusal::text(StatusCode::NOT_FOUND, "Not found")
}
