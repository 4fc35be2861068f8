//! The body of a request, which must come without standing still.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::wait;

/// Whoever sends less for long keeps a place for little.
const SLOWEST_BYTES_PER_SECOND: f64 = 512.0;

/// A body that fails when no bytes come for `patience`, or too few after it.
pub(super) struct Steady<B> {
    body: B,
    patience: Duration,
    /// Runs while nothing comes.
    stalled: Option<Pin<Box<Sleep>>>,
    begun: Option<Instant>,
    bytes: f64,
}

/// Whether so few bytes have come in so much time that it is too slow.
fn drips(bytes: f64, elapsed: Duration, patience: Duration) -> bool {
    elapsed > patience && bytes < elapsed.as_secs_f64() * SLOWEST_BYTES_PER_SECOND
}

impl<B> Steady<B> {
    pub(super) fn new(body: B, patience: Duration) -> Self {
        Self { body, patience, stalled: None, begun: None, bytes: 0.0 }
    }

    fn is_too_slow(&mut self, bytes: usize) -> bool {
        self.bytes += f64::from(u32::try_from(bytes).unwrap_or(u32::MAX));
        let elapsed = self.begun.map_or(Duration::ZERO, |begun| begun.elapsed());
        drips(self.bytes, elapsed, self.patience)
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Steady<B>
where
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.begun.get_or_insert_with(Instant::now);
        let too_slow = || axum::Error::new(io::Error::new(io::ErrorKind::TimedOut, "the body came too slowly"));
        let Poll::Ready(piece) = Pin::new(&mut self.body).poll_frame(context) else {
            let patience = self.patience;
            let stalled = self.stalled.get_or_insert_with(|| Box::pin(wait(patience)));
            return stalled.as_mut().poll(context).map(|()| Some(Err(too_slow())));
        };
        self.stalled = None;
        let bytes = match &piece {
            Some(Ok(frame)) => frame.data_ref().map_or(0, Bytes::len),
            // It is complete.
            None | Some(Err(_)) => return Poll::Ready(piece.map(|piece| piece.map_err(axum::Error::new))),
        };
        if self.is_too_slow(bytes) {
            return Poll::Ready(Some(Err(too_slow())));
        }
        Poll::Ready(piece.map(|piece| piece.map_err(axum::Error::new)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether `error` is that a body came too slowly.
pub(crate) fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|cause| cause.kind() == io::ErrorKind::TimedOut))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{StreamExt as _, stream};

    #[tokio::test]
    async fn a_body_that_stands_still_fails() {
        let pieces = stream::iter([Ok::<_, io::Error>("0123456789")]).chain(stream::pending());
        let body = Steady::new(axum::body::Body::from_stream(pieces), Duration::from_millis(20));
        let mut body = axum::body::Body::new(body).into_data_stream();
        assert_eq!(body.next().await.unwrap().unwrap(), "0123456789");
        assert!(is_too_slow(&body.next().await.unwrap().unwrap_err()));
        assert!(!is_too_slow(&io::Error::other("gone")));
    }

    #[test]
    fn a_body_that_drips_fails_after_a_while() {
        let patience = Duration::from_secs(30);
        assert!(!drips(1.0, patience, patience));
        assert!(drips(1_000.0, Duration::from_secs(31), patience));
        assert!(!drips(1e6, Duration::from_secs(31), patience));
    }
}
