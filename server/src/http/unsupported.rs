//! Routes that InfluxDB 3 has and this server has not: what to do instead.

use super::refusal::Refusal;

/// InfluxQL, on the routes of versions 1 and 3.
pub(super) async fn influxql() -> Refusal {
    Refusal::not_supported("InfluxQL is not supported; ask in SQL at /api/v3/query_sql, or over Flight SQL")
}

/// Last-value caches.
pub(super) async fn last_cache() -> Refusal {
    Refusal::not_supported(
        "a last-value cache is not supported; ask for the last value with ORDER BY time DESC LIMIT 1",
    )
}

/// Distinct-value caches.
pub(super) async fn distinct_cache() -> Refusal {
    Refusal::not_supported("a distinct-value cache is not supported; use SELECT DISTINCT")
}

/// Packages for all plugins.
pub(super) async fn packages() -> Refusal {
    Refusal::not_supported(
        "installing packages on the server is not supported; each plugin brings its own: `tidegate package` puts them \
         into one file with it",
    )
}
