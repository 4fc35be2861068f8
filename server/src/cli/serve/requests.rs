//! The flags of `serve` about what requests may take.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use tidegate_database::Settings;

use crate::cli::amounts::size;
use crate::cli::periods::duration;
use crate::queries::QueryBounds;
use crate::server::ServerBounds;

/// How long a query waits for others to end, and how many wait for each that may
/// run.
const PATIENCE: Duration = Duration::from_secs(10);
const WAITING_FOR_EACH: usize = 4;

/// How many queries run at once for each core.
const QUERIES_PER_CORE: usize = 4;

/// What requests may take.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds")]
pub(super) struct RequestFlags {
    /// Largest body of a request, in bytes
    #[arg(long, env = "INFLUXDB3_MAX_HTTP_REQUEST_SIZE", default_value = "10MiB", value_parser = size, value_name = "SIZE")]
    max_http_request_size: usize,
    /// What the bodies of all requests may take together
    #[arg(long, env = "TIDEGATE_MAX_BUFFERED_BYTES", default_value = "256MiB", value_parser = size, value_name = "SIZE")]
    max_buffered_bytes: usize,
    /// How many queries run at once; some more wait, others are answered with 429 [default: 4 for each core]
    #[arg(long, env = "INFLUXDB3_MAX_CONCURRENT_QUERIES", value_name = "NUMBER")]
    max_concurrent_queries: Option<NonZeroUsize>,
    /// How long a query may take
    #[arg(long, env = "TIDEGATE_QUERY_TIMEOUT", default_value = "5m", value_parser = duration, value_name = "TIME")]
    query_timeout: Duration,
    /// What all queries may hold in memory; one of them half of it
    #[arg(long, env = "TIDEGATE_QUERY_MEMORY", default_value = "512MiB", value_parser = size, value_name = "SIZE")]
    query_memory: usize,
    /// What all rows may take in memory; writes are answered with 503 then
    #[arg(long, env = "TIDEGATE_MAX_STORED_BYTES", default_value = "4GiB", value_parser = size, value_name = "SIZE")]
    max_stored_bytes: usize,
}

impl RequestFlags {
    pub(super) fn bounds(&self) -> ServerBounds {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let by_cores = cores.saturating_mul(QUERIES_PER_CORE);
        let running = self.max_concurrent_queries.map_or(by_cores, NonZeroUsize::get);
        ServerBounds {
            request_bytes: self.max_http_request_size,
            buffered_bytes: self.max_buffered_bytes,
            queries: QueryBounds {
                running,
                waiting: running.saturating_mul(WAITING_FOR_EACH),
                patience: PATIENCE,
                time: self.query_timeout,
            },
        }
    }

    pub(super) fn database(&self) -> Settings {
        let (query_memory_bytes, stored_bytes) = (self.query_memory, self.max_stored_bytes);
        Settings { query_memory_bytes, stored_bytes, ..Settings::default() }
    }
}
