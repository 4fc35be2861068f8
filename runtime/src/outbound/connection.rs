//! A connection to one of several addresses.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Unanswered;
use crate::model::HttpOrigin;

/// How long one address is tried before the next.
const PATIENCE: Duration = Duration::from_secs(5);
/// More addresses than these are not tried.
const MAX_ADDRESSES: usize = 8;

/// Connects to the first of `addresses` that answers.
pub(super) async fn to(origin: &HttpOrigin, addresses: &[IpAddr]) -> Result<TcpStream, Unanswered> {
    let mut reason = "it has no address".to_owned();
    for address in addresses.iter().take(MAX_ADDRESSES) {
        match timeout(PATIENCE, TcpStream::connect((*address, origin.port()))).await {
            Ok(Ok(stream)) => {
                // Heads and bodies are short, and somebody waits for them.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => reason = error.to_string(),
            Err(_) => reason = "it does not answer".to_owned(),
        }
    }
    Err(Unanswered::Unreachable(format!("no connection: {reason}. origin=`{origin}`")))
}
