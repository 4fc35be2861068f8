//! TLS for the connections of clients: a certificate and its key from two files,
//! which may be replaced while the server runs.

mod pair;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tidegate::Clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::{Accept, TlsAcceptor};

use pair::Pair;

/// What a client may speak at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum MinimumVersion {
    #[value(name = "tls-1.2")]
    Tls12,
    #[value(name = "tls-1.3")]
    Tls13,
}

/// Where the certificate and its key lie.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) minimum: MinimumVersion,
}

/// Makes handshakes with the newest certificate that could be used.
#[derive(Clone)]
pub(crate) struct Tls(watch::Receiver<Arc<ServerConfig>>);

/// How often it is looked whether there is another certificate.
const LOOK_PERIOD: Duration = Duration::from_secs(5);

impl Tls {
    /// Begins with the certificate that is there, and follows its files.
    ///
    /// # Errors
    /// If they cannot be used.
    pub(crate) fn open(files: TlsFiles, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let pair = Pair::read(&files)?;
        let (newest, now) = watch::channel(pair.config(files.minimum)?);
        let mut hangup = signal(SignalKind::hangup()).context("cannot wait for the signal HUP")?;
        let mut following = Following { files, last: Some(Ok(pair)), newest };
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = clock.sleep(LOOK_PERIOD) => {}
                    _ = hangup.recv() => following.last = None,
                }
                following.look();
            }
        });
        Ok(Self(now))
    }

    /// Makes a handshake.
    pub(crate) fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> Accept<S> {
        TlsAcceptor::from(Arc::clone(&self.0.borrow())).accept(stream)
    }
}

/// The files, and what came of them.
struct Following {
    files: TlsFiles,
    /// What was read last, good or bad: each is told of once. Nothing if it is to
    /// be told of again.
    last: Option<Result<Pair, String>>,
    newest: watch::Sender<Arc<ServerConfig>>,
}

impl Following {
    fn look(&mut self) {
        let read = Pair::read(&self.files).map_err(|error| format!("{error:#}"));
        if self.last.as_ref() == Some(&read) {
            return;
        }
        let config =
            read.clone().and_then(|pair| pair.config(self.files.minimum).map_err(|error| format!("{error:#}")));
        match config {
            Ok(config) => {
                self.newest.send_replace(config);
                tracing::info!(certificate = %self.files.certificate.display(), "connections get another certificate");
            }
            Err(error) => tracing::error!(error, "the new certificate cannot be used; the old one goes on"),
        }
        self.last = Some(read);
    }
}

#[cfg(test)]
mod tests;
