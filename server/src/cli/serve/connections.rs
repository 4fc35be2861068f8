//! The flags of `serve` about connections.

use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;

use crate::cli::periods::duration;
use crate::connections::Bounds;

/// How many connections there may be, and for how long a client may do nothing.
#[derive(Debug, Args)]
#[command(next_help_heading = "Bounds")]
pub(super) struct ConnectionFlags {
    /// Most connections; more are answered with 503
    #[arg(long, env = "TIDEGATE_MAX_CONNECTIONS", default_value = "1024", value_name = "NUMBER")]
    max_connections: NonZeroUsize,
    /// Most connections from one address [default: half of --max-connections]
    #[arg(long, env = "TIDEGATE_MAX_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    max_connections_per_address: Option<usize>,
    /// How long a handshake and the head of a request may take
    #[arg(long, env = "TIDEGATE_HEAD_TIMEOUT", default_value = "10s", value_parser = duration, value_name = "TIME")]
    head_timeout: Duration,
    /// How long a body may stand still, and an answer wait to be read
    #[arg(long, env = "TIDEGATE_STALL_TIMEOUT", default_value = "30s", value_parser = duration, value_name = "TIME")]
    stall_timeout: Duration,
    /// How long a connection may be without a request
    #[arg(long, env = "TIDEGATE_IDLE_TIMEOUT", default_value = "75s", value_parser = duration, value_name = "TIME")]
    idle_timeout: Duration,
}

impl ConnectionFlags {
    pub(super) fn bounds(&self) -> Bounds {
        let connections = self.max_connections.get();
        let half = connections.div_ceil(2);
        Bounds {
            connections,
            connections_per_address: self.max_connections_per_address.unwrap_or(half),
            head: self.head_timeout,
            stall: self.stall_timeout,
            idle: self.idle_timeout,
        }
    }
}
