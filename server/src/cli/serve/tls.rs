//! The flags of `serve` about TLS, as InfluxDB 3 calls them.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use tidegate::Clock;

use crate::tls::{MinimumVersion, Tls, TlsFiles};

/// With which certificate the server answers, if with any.
#[derive(Debug, Args)]
pub(super) struct TlsFlags {
    /// File with the certificate (PEM) that the server shows; read again when it changes, and at the signal HUP
    #[arg(long, env = "INFLUXDB3_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// File with the key (PEM) of the certificate
    #[arg(long, env = "INFLUXDB3_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// What clients must speak at least
    #[arg(long, env = "INFLUXDB3_TLS_MINIMUM_VERSION", value_enum, default_value = "tls-1.2", value_name = "VERSION")]
    tls_minimum_version: MinimumVersion,
}

impl TlsFlags {
    /// Whether what travels can be read by nobody else.
    pub(super) fn are_given(&self) -> bool {
        self.tls_cert.is_some()
    }

    /// Reads the certificate, if there is to be one.
    ///
    /// # Errors
    /// If it cannot be used.
    pub(super) fn open(self, clock: &Arc<dyn Clock>) -> anyhow::Result<Option<Tls>> {
        let Some((certificate, key)) = self.tls_cert.zip(self.tls_key) else { return Ok(None) };
        let files = TlsFiles { certificate, key, minimum: self.tls_minimum_version };
        Tls::open(files, Arc::clone(clock)).map(Some)
    }
}
