//! A certificate and its key.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};

use super::{MinimumVersion, TlsFiles};

/// What the two files have in them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Pair {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

const ALL_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];
const NEW_VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13];

impl Pair {
    /// Reads both files.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn read(files: &TlsFiles) -> anyhow::Result<Self> {
        Ok(Self { certificate: read(&files.certificate, "--tls-cert")?, key: read(&files.key, "--tls-key")? })
    }

    /// What handshakes need.
    ///
    /// # Errors
    /// If it is no certificate in PEM with the key that belongs to it.
    pub(super) fn config(&self, minimum: MinimumVersion) -> anyhow::Result<Arc<ServerConfig>> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.context("the certificate is no PEM; see --tls-cert")?;
        if chain.is_empty() {
            bail!("there is no certificate in the file; see --tls-cert");
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).context("there is no private key in PEM; see --tls-key")?;
        let versions = match minimum {
            MinimumVersion::Tls12 => ALL_VERSIONS,
            MinimumVersion::Tls13 => NEW_VERSIONS,
        };
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
        let builder = builder.with_protocol_versions(versions)?.with_no_client_auth();
        let mut config = builder
            .with_single_cert(chain, key)
            .context("the certificate and the key do not belong together; see --tls-cert and --tls-key")?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn read(path: &Path, flag: &str) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("a file for TLS cannot be read; see {flag}. path=`{}`", path.display()))
}
