//! The connections of clients: how many there are, and how long they may keep the
//! server waiting.
//!
//! `places` counts them, `observed` and the two bodies notice who stands still,
//! `watch` decides when that is too long, and `driven` ends the connection.

mod answer_body;
mod closing;
mod driven;
mod files;
mod observed;
mod places;
mod refused;
mod request_body;
mod watch;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;

use crate::tls::Tls;
use closing::PatientStream;
pub(crate) use files::allow as allow_files;
use places::{Place, Places};
pub(crate) use request_body::is_too_slow;

/// How many connections there may be, and for how long a client may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// All together.
    pub(crate) connections: usize,
    /// From one address, so that one client cannot keep all others out.
    pub(crate) connections_per_address: usize,
    /// For a handshake and for the head of a request, as a whole.
    pub(crate) head: Duration,
    /// While a body comes or an answer goes, between two pieces.
    pub(crate) stall: Duration,
    /// Between requests.
    pub(crate) idle: Duration,
}

#[cfg(test)]
impl Bounds {
    const USUAL: Self = Self {
        connections: 1_024,
        connections_per_address: 512,
        head: Duration::from_secs(10),
        stall: Duration::from_secs(30),
        idle: Duration::from_secs(75),
    };
}

/// What every connection is served with.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) router: Router,
    pub(crate) tls: Option<Tls>,
    pub(crate) bounds: Bounds,
}

/// How long nothing is accepted after the system could not: most likely there are
/// too many files open, and that ends when somebody closes one.
const BACK_OFF: Duration = Duration::from_millis(200);

/// Answers requests until `stopped` says so, then those that have begun.
pub(crate) async fn serve(listener: TcpListener, service: Service, mut stopped: Receiver<bool>) {
    let places = Places::new(service.bounds);
    let mut connections = JoinSet::new();
    let mut refusals = JoinSet::new();
    let mut accepting = Accepting { listener, failing: false };
    let for_each = stopped.clone();
    loop {
        tokio::select! {
            (stream, address) = accepting.next() => match places.take(address.ip()) {
                Some(place) => {
                    connections.spawn(begin(stream, (service.clone(), place), for_each.clone()));
                }
                None => refused::refuse(&mut refusals, stream, service.tls.is_some()),
            },
            Some(_) = connections.join_next() => {}
            Some(_) = refusals.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(accepting);
    while connections.join_next().await.is_some() {}
}

async fn begin(stream: TcpStream, (service, _place): (Service, Place), stopped: Receiver<bool>) {
    let stream = PatientStream::new(stream);
    let Some(tls) = &service.tls else {
        return driven::drive(stream, &service, stopped).await;
    };
    match tokio::time::timeout(service.bounds.head, tls.accept(stream)).await {
        Ok(Ok(stream)) => driven::drive(stream, &service, stopped).await,
        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
}

/// Takes what the system has accepted, whatever goes wrong.
struct Accepting {
    listener: TcpListener,
    /// Whether the operator knows that it does.
    failing: bool,
}

impl Accepting {
    async fn next(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            match self.listener.accept().await {
                Ok(accepted) => {
                    self.failing = false;
                    return accepted;
                }
                Err(error) if is_of_one_client(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut self.failing, true) {
                        tracing::error!(%error, "no connection can be accepted; see --max-connections and `ulimit -n`");
                    }
                    wait(BACK_OFF).await;
                }
            }
        }
    }
}

/// Whether somebody hung up before being accepted, which is nobody else's concern.
fn is_of_one_client(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(error.kind(), Kind::ConnectionAborted | Kind::ConnectionRefused | Kind::ConnectionReset)
}

#[expect(clippy::disallowed_methods, reason = "a client's patience is real time, whatever the clock says")]
fn wait(duration: Duration) -> tokio::time::Sleep {
    tokio::time::sleep(duration)
}
