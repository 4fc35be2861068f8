//! Where a server keeps what it keeps, and the flags of InfluxDB 3's `serve`
//! that are about it: understood, so that scripts start, and said to be without
//! effect.

mod directory;

use anyhow::bail;
use clap::{Args, ValueEnum};

pub(super) use directory::DataDirectory;

/// How InfluxDB 3 stores and runs.
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
    #[arg(long, hide = true)]
    disable_package_management: bool,
    #[arg(long, hide = true)]
    plugin_repo: Option<String>,
    #[arg(long, hide = true)]
    async_trigger_concurrency_limit: Option<String>,
    #[arg(long, hide = true)]
    shutdown_timeout: Option<String>,
}

/// Where data lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ObjectStore {
    File,
    Memory,
    #[value(hide = true)]
    S3,
    #[value(hide = true)]
    Google,
    #[value(hide = true)]
    Azure,
}

impl StorageFlags {
    /// Whether nothing is to be found again.
    pub(super) fn in_memory(&self) -> bool {
        self.object_store == Some(ObjectStore::Memory)
    }

    /// Refuses what would seem to be there: data elsewhere.
    ///
    /// # Errors
    /// If it is wanted.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        match self.object_store {
            None | Some(ObjectStore::File | ObjectStore::Memory) => {}
            Some(ObjectStore::S3 | ObjectStore::Google | ObjectStore::Azure) => {
                bail!("rows are in memory in this version; start with --object-store file, or leave it away")
            }
        }
        Ok(())
    }

    /// Tells the operator which of them have no effect.
    pub(super) fn warn_if_given(&self) {
        let given = [
            ("--object-store", self.object_store == Some(ObjectStore::File)),
            ("--wal-flush-interval", self.wal_flush_interval.is_some()),
            ("--gen1-duration", self.gen1_duration.is_some()),
            ("--query-file-limit", self.query_file_limit.is_some()),
            ("--virtual-env-location", self.virtual_env_location.is_some()),
            ("--package-manager", self.package_manager.is_some()),
            ("--disable-package-management", self.disable_package_management),
            ("--plugin-repo", self.plugin_repo.is_some()),
            ("--async-trigger-concurrency-limit", self.async_trigger_concurrency_limit.is_some()),
            ("--shutdown-timeout", self.shutdown_timeout.is_some()),
        ];
        for (flag, _) in given.iter().filter(|(_, given)| *given) {
            tracing::warn!(flag, "this flag of InfluxDB 3 has no effect here");
        }
    }
}
