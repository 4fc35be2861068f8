//! An answer that comes piece by piece, and ends if nobody takes the pieces.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody as _};
use axum::response::Response;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::watch::{InHand, Watch};

/// What is smaller goes at once, and holds nothing that others wait for.
const SMALL: u64 = 64 << 10;

/// An answer on its way.
#[derive(Debug)]
pub(super) struct Answer(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Nothing once the client has not read for too long: what makes the answer
    /// ends with it.
    body: Option<Body>,
    /// Since when the client could take the next piece.
    waiting: Option<Instant>,
}

/// The same as the connection sees it.
struct Pieces {
    answer: Arc<Answer>,
    _request: InHand,
}

/// The same response, ended by `watch` if it is not read.
pub(super) fn watched(response: Response, watch: &Watch, request: InHand) -> Response {
    if response.body().size_hint().upper().is_some_and(|bytes| bytes <= SMALL) {
        return response;
    }
    response.map(|body| {
        let answer = Arc::new(Answer(Mutex::new(State { body: Some(body), waiting: None })));
        watch.follow(&answer);
        Body::new(Pieces { answer, _request: request })
    })
}

impl Answer {
    /// Drops what makes the answer if no piece was taken for longer than
    /// `patience`.
    pub(super) fn end_if_unread(&self, now: Instant, patience: Duration) {
        let mut state = self.lock();
        if state.waiting.is_some_and(|since| now.saturating_duration_since(since) > patience) {
            state.body = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut state = self.answer.lock();
        let Some(body) = &mut state.body else {
            let unread = io::Error::new(io::ErrorKind::TimedOut, "the answer was not read for too long");
            return Poll::Ready(Some(Err(axum::Error::new(unread))));
        };
        let piece = Pin::new(body).poll_frame(context);
        state.waiting = matches!(piece, Poll::Ready(Some(Ok(_)))).then(Instant::now);
        piece
    }

    fn is_end_stream(&self) -> bool {
        self.answer.lock().body.as_ref().is_some_and(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.answer.lock().body.as_ref().map(Body::size_hint).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bounds;
    use super::*;
    use futures::{StreamExt as _, stream};

    const PATIENCE: Duration = Duration::from_secs(30);

    fn pieces(body: Body) -> (Arc<Answer>, axum::body::BodyDataStream) {
        let watch = Arc::new(Watch::new(Bounds::USUAL));
        let answer = Arc::new(Answer(Mutex::new(State { body: Some(body), waiting: None })));
        let pieces = Pieces { answer: Arc::clone(&answer), _request: watch.begin() };
        (answer, Body::new(pieces).into_data_stream())
    }

    fn later(seconds: u64) -> Instant {
        Instant::now().checked_add(Duration::from_secs(seconds)).unwrap()
    }

    #[tokio::test]
    async fn an_answer_that_is_not_read_ends() {
        let (answer, mut read) = pieces(Body::from_stream(stream::repeat_with(|| Ok::<_, io::Error>("a"))));
        assert_eq!(read.next().await.unwrap().unwrap(), "a");
        answer.end_if_unread(later(29), PATIENCE);
        assert_eq!(read.next().await.unwrap().unwrap(), "a");
        answer.end_if_unread(later(31), PATIENCE);
        assert!(read.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn an_answer_that_is_made_slowly_goes_on() {
        let made = stream::iter([Ok::<_, io::Error>("a")]).chain(stream::pending());
        let (answer, mut read) = pieces(Body::from_stream(made));
        assert_eq!(read.next().await.unwrap().unwrap(), "a");
        assert!(futures::poll!(read.next()).is_pending());
        answer.end_if_unread(later(1_000), PATIENCE);
        assert!(futures::poll!(read.next()).is_pending());
    }
}
