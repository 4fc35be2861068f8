//! Flags of InfluxDB 3's `serve` that are about how it stores: understood, so
//! that scripts start, and said to be without effect.

use clap::{Args, ValueEnum};

/// How InfluxDB 3 stores.
#[derive(Debug, Args)]
pub(super) struct StorageFlags {
    /// Where data lie: rows are in memory in this version, whichever is named
    #[arg(long, env = "INFLUXDB3_OBJECT_STORE", value_enum)]
    object_store: Option<ObjectStore>,
    #[arg(long, hide = true)]
    wal_flush_interval: Option<String>,
    #[arg(long, hide = true)]
    gen1_duration: Option<String>,
    #[arg(long, hide = true)]
    query_file_limit: Option<String>,
    #[arg(long, hide = true)]
    virtual_env_location: Option<String>,
    #[arg(long, hide = true)]
    package_manager: Option<String>,
}

/// Where data lie. Others than these are refused: they would seem to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ObjectStore {
    File,
    Memory,
}

impl StorageFlags {
    /// Tells the operator which of them have no effect.
    pub(super) fn warn_if_given(&self) {
        let given = [
            ("--object-store", self.object_store == Some(ObjectStore::File)),
            ("--wal-flush-interval", self.wal_flush_interval.is_some()),
            ("--gen1-duration", self.gen1_duration.is_some()),
            ("--query-file-limit", self.query_file_limit.is_some()),
            ("--virtual-env-location", self.virtual_env_location.is_some()),
            ("--package-manager", self.package_manager.is_some()),
        ];
        for (flag, _) in given.iter().filter(|(_, given)| *given) {
            tracing::warn!(flag, "this flag of InfluxDB 3 has no effect here");
        }
    }
}
