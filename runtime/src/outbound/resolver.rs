//! How the names of hosts become addresses.

use std::fmt;
use std::io;
use std::net::{IpAddr, ToSocketAddrs};

use async_trait::async_trait;
use tokio::sync::Semaphore;

/// How the names of hosts become addresses, for requests of plugins.
///
/// Whatever it answers is checked: a name that leads into the network of the
/// machine needs a grant that says so.
#[async_trait]
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// The addresses of `host`, the best ones first.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// A name that is slow to resolve keeps a thread until the system gives up,
/// whoever has lost patience meanwhile. So many threads may be kept like that.
static LOOKUPS: Semaphore = Semaphore::const_new(32);

/// Asks the system, as all programs do.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemResolver;

#[async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        let turn = LOOKUPS.acquire().await.map_err(io::Error::other)?;
        let host = host.to_owned();
        let lookup = tokio::task::spawn_blocking(move || {
            // Until it is over, which dropping this future does not change.
            let _turn = turn;
            let addresses = (host.as_str(), 0).to_socket_addrs()?;
            Ok(addresses.map(|address| address.ip()).collect())
        });
        lookup.await.map_err(io::Error::other)?
    }
}
