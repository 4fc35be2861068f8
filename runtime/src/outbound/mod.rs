//! Requests to the outside: one at a time, over a connection of its own, to
//! addresses that have been looked at.

mod address;
mod connection;
mod exchange;
mod request;
mod resolver;
mod trust;

use std::sync::Arc;

use crate::error::Error;
use crate::model::{Reach, Scheme};

pub(crate) use request::Outgoing;
pub use resolver::{Resolver, SystemResolver};
use trust::Trust;

/// The header that each request of a plugin has, so that a server can tell them
/// from others: its own plugins above all.
pub const FROM_PLUGIN: &str = "tidegate-plugin";

/// Sends requests. Nothing is kept from one to the next: no connection, no
/// cookie, no session.
#[derive(Debug)]
pub(crate) struct Outbound {
    resolver: Arc<dyn Resolver>,
    trust: Trust,
}

/// An answer from the outside.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Without those that are about the connection.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// It leads where the trigger may not go.
    Denied(String),
    /// The other side could not be reached, or not trusted.
    Unreachable(String),
    /// The answer is larger than allowed.
    TooLarge(String),
}

impl Outbound {
    /// Resolves names with `resolver`, and trusts the authorities of `roots`
    /// (as PEM) beside the system's.
    ///
    /// # Errors
    /// If a certificate of `roots` cannot be read.
    pub(crate) fn new(resolver: Arc<dyn Resolver>, roots: &[Vec<u8>]) -> Result<Self, Error> {
        Ok(Self { resolver, trust: Trust::with(roots)? })
    }

    /// Sends a request and waits for its answer, of whose body at most
    /// `max_bytes` are taken.
    ///
    /// # Errors
    /// Why there is no answer. It has no end of its own: whoever waits says when.
    pub(crate) async fn send(&self, request: Outgoing, reach: Reach, max_bytes: usize) -> Result<Answer, Unanswered> {
        let addresses = address::of(&*self.resolver, &request, reach).await?;
        // To the very addresses that were looked at: the name is not resolved again.
        let stream = connection::to(&request.origin, &addresses).await?;
        let stream = match request.origin.scheme() {
            Scheme::Http => return exchange::over(stream, request, max_bytes).await,
            Scheme::Https => self.trust.secure(stream, &request.origin).await?,
        };
        exchange::over(stream, request, max_bytes).await
    }
}
