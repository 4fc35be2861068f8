//! What the bodies of all requests take together while they are in hand.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tonic::Status;

use super::refusal::Refusal;
use crate::connections::is_too_slow;
use crate::server::Server;

/// How many bytes of bodies may still be taken in hand.
#[derive(Debug, Clone)]
pub(crate) struct Budget(Arc<AtomicUsize>);

/// A part of it, given back when it is dropped.
#[derive(Debug)]
struct Share {
    budget: Budget,
    bytes: usize,
}

/// A body as far as it has come, with its part of the budget.
#[derive(Debug)]
pub(super) struct Buffer {
    content: Vec<u8>,
    share: Share,
    most: usize,
}

const FULL: &str = "the server has too many bodies of requests in hand; try again in a while";

impl Budget {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    fn share(&self) -> Share {
        Share { budget: self.clone(), bytes: 0 }
    }

    /// Room for one body of at most `most` bytes.
    pub(super) fn buffer(&self, most: usize) -> Buffer {
        Buffer { content: Vec::new(), share: self.share(), most }
    }
}

impl Share {
    /// Takes more, unless there is not so much.
    fn grow(&mut self, bytes: usize) -> bool {
        let left = |left: usize| left.checked_sub(bytes);
        let taken = self.budget.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_ok();
        if taken {
            self.bytes = self.bytes.saturating_add(bytes);
        }
        taken
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.0.fetch_add(self.bytes, Ordering::Relaxed);
    }
}

impl Buffer {
    /// Adds what has come.
    ///
    /// # Errors
    /// If it is too much, for one request or for all of them.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        let (length, most) = (self.content.len().saturating_add(piece.len()), self.most);
        if length > most {
            return Err(too_large(most));
        }
        if !self.share.grow(piece.len()) {
            return Err(Refusal::text(StatusCode::SERVICE_UNAVAILABLE, FULL));
        }
        self.content.extend_from_slice(piece);
        Ok(())
    }

    /// All of it. Its part of the budget is free when nobody has it any more.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

/// Says how large a body may be.
pub(super) fn too_large(most: usize) -> Refusal {
    Refusal::text(StatusCode::PAYLOAD_TOO_LARGE, format!("max request size ({most} bytes) exceeded"))
}

/// Counts what a call of gRPC sends, and says in its words what is wrong with it.
pub(super) async fn count_grpc(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    let share = server.buffered.share();
    next.run(request.map(|body| Body::new(Counted { body, share }))).await
}

struct Counted {
    body: Body,
    share: Share,
}

impl hyper::body::Body for Counted {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let Some(piece) = ready!(Pin::new(&mut self.body).poll_frame(context)) else { return Poll::Ready(None) };
        let frame = match piece {
            Ok(frame) => frame,
            Err(error) if is_too_slow(&error) => {
                return Poll::Ready(Some(Err(Status::deadline_exceeded("the message came too slowly"))));
            }
            Err(error) => return Poll::Ready(Some(Err(Status::cancelled(error.to_string())))),
        };
        if self.share.grow(frame.data_ref().map_or(0, Bytes::len)) {
            return Poll::Ready(Some(Ok(frame)));
        }
        Poll::Ready(Some(Err(Status::resource_exhausted(FULL))))
    }

    fn is_end_stream(&self) -> bool {
        hyper::body::Body::is_end_stream(&self.body)
    }

    fn size_hint(&self) -> SizeHint {
        hyper::body::Body::size_hint(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[test]
    fn bodies_share_what_there_is_and_give_it_back() {
        let budget = Budget::new(10);
        let (mut first, mut second) = (budget.buffer(8), budget.buffer(8));
        first.push(b"012345").unwrap();
        assert_eq!(second.push(b"01234").unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(first.push(b"678").unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        let first = first.into_bytes();
        assert_eq!(first, "012345");
        drop(first.slice(1..));
        assert!(second.push(b"01234").is_err(), "the first is still there");
        drop(first);
        second.push(b"01234").unwrap();
    }

    #[tokio::test]
    async fn calls_of_grpc_have_their_part() {
        let budget = Budget::new(10);
        let body = |content: &'static str| Body::new(Counted { body: Body::from(content), share: budget.share() });
        assert_eq!(to_bytes(body("0123456789"), 100).await.unwrap(), "0123456789");
        assert!(to_bytes(body("0123456789x"), 100).await.unwrap_err().to_string().contains("too many bodies"));
        assert_eq!(budget.0.load(Ordering::Relaxed), 10);
    }
}
