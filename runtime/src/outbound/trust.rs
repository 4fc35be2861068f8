//! Whom a TLS connection is made with: certificate authorities, and how theirs
//! are checked.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::Unanswered;
use crate::error::{Error, ErrorKind};
use crate::model::{Host, HttpOrigin};

/// The certificate authorities that are trusted.
#[derive(Debug)]
pub(super) struct Trust {
    /// Beside the system's.
    added: Vec<CertificateDer<'static>>,
    /// Made when it is first needed: the system's authorities are many files.
    config: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    /// Trusts the authorities of `roots`, as PEM, beside the system's.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidCall`] if there is none in one of them, or one cannot
    /// be read.
    pub(super) fn with(roots: &[Vec<u8>]) -> Result<Self, Error> {
        let invalid = |why: &str| {
            Error::new(ErrorKind::InvalidCall, format!("the certificate authorities to be added are no PEM: {why}"))
        };
        let mut added = Vec::new();
        for pem in roots {
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
            let found = found.map_err(|error| invalid(&error.to_string()))?;
            if found.is_empty() {
                return Err(invalid("no certificate is in it"));
            }
            added.extend(found);
        }
        let mut store = RootCertStore::empty();
        for certificate in &added {
            store.add(certificate.clone()).map_err(|error| invalid(&error.to_string()))?;
        }
        Ok(Self { added, config: OnceCell::new() })
    }

    /// Speaks TLS over `stream` with whoever proves to be `origin`.
    pub(super) async fn secure(
        &self,
        stream: TcpStream,
        origin: &HttpOrigin,
    ) -> Result<TlsStream<TcpStream>, Unanswered> {
        let failed = |why: &dyn std::fmt::Display| {
            Unanswered::Unreachable(format!("no trusted connection: {why}. origin=`{origin}`"))
        };
        let config = self.config.get_or_try_init(|| self.config()).await.map_err(|why| failed(&why))?;
        let name = match origin.host() {
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|error| failed(&error))?,
            Host::Address(address) => ServerName::IpAddress((*address).into()),
        };
        TlsConnector::from(Arc::clone(config)).connect(name, stream).await.map_err(|error| failed(&error))
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let system = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs);
        let system = system.await.map_err(|error| error.to_string())?;
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(system.certs);
        store.add_parsable_certificates(self.added.iter().cloned());
        if store.is_empty() {
            return Err("the system has no certificate authorities; install its package ca-certificates".to_owned());
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?;
        let mut config = builder.with_root_certificates(store).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Or the other side could tell that two tenants share this host.
        config.resumption = Resumption::disabled();
        Ok(Arc::new(config))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_that_are_none_are_refused() {
        for pem in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
            let error = Trust::with(&[pem.into()]).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidCall, "{error}");
        }
    }
}
