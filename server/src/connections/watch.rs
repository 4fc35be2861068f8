//! What a connection is waiting for, and since when.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::time::Instant;

use super::Bounds;
use super::answer_body::Answer;

/// What a connection is waiting for, and since when.
#[derive(Debug)]
pub(super) struct Watch {
    bounds: Bounds,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    spoken: Spoken,
    requests: usize,
    /// Since when there is no request.
    idle: Instant,
    /// Since when the head of a request is on its way.
    head: Option<Instant>,
    answers: Vec<Weak<Answer>>,
}

/// What the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoken {
    /// So many bytes may be the beginning of HTTP/2.
    Perhaps2(usize),
    Http1,
    /// Where what comes between requests is no head: it may be a ping.
    Http2,
}

/// Whether a connection may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Fine,
    /// Nothing was asked for long: it ends when the client has been told.
    Idle,
    /// A request does not come to its end.
    Late,
}

/// A request that has come and is not answered yet.
#[derive(Debug)]
pub(super) struct InHand(Arc<Watch>);

const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

impl Watch {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, state: Mutex::new(State::new(Instant::now())) }
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Bytes came from the client.
    pub(super) fn heard(&self, bytes: &[u8]) {
        self.lock().heard(bytes, Instant::now());
    }

    /// The head of a request is complete.
    pub(super) fn begin(self: &Arc<Self>) -> InHand {
        self.lock().begin();
        InHand(Arc::clone(self))
    }

    /// An answer begins that comes piece by piece.
    pub(super) fn follow(&self, answer: &Arc<Answer>) {
        let mut state = self.lock();
        state.answers.retain(|answer| answer.strong_count() > 0);
        state.answers.push(Arc::downgrade(answer));
    }

    /// Ends answers that are not read, and says whether the connection may go on.
    pub(super) fn look(&self) -> Verdict {
        let (now, state) = (Instant::now(), self.lock());
        for answer in state.answers.iter().filter_map(Weak::upgrade) {
            answer.end_if_unread(now, self.bounds.stall);
        }
        state.verdict(now, self.bounds)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Of a connection that begins `now`.
    fn new(now: Instant) -> Self {
        Self { spoken: Spoken::Perhaps2(0), requests: 0, idle: now, head: Some(now), answers: Vec::new() }
    }

    fn heard(&mut self, bytes: &[u8], now: Instant) {
        self.spoken = self.spoken.after(bytes);
        match self.spoken {
            Spoken::Http2 => self.head = None,
            Spoken::Http1 if self.requests == 0 && !bytes.is_empty() => {
                self.head.get_or_insert(now);
            }
            Spoken::Http1 | Spoken::Perhaps2(_) => {}
        }
    }

    fn begin(&mut self) {
        self.requests = self.requests.saturating_add(1);
        self.head = None;
    }

    fn end(&mut self, now: Instant) {
        self.requests = self.requests.saturating_sub(1);
        self.idle = now;
    }

    fn verdict(&self, now: Instant, bounds: Bounds) -> Verdict {
        let longer = |since: Instant, patience| now.saturating_duration_since(since) > patience;
        match self.head {
            _ if self.requests > 0 => Verdict::Fine,
            Some(since) if longer(since, bounds.head) => Verdict::Late,
            Some(_) | None if longer(self.idle, bounds.idle) => Verdict::Idle,
            Some(_) | None => Verdict::Fine,
        }
    }
}

impl Spoken {
    fn after(self, bytes: &[u8]) -> Self {
        let Self::Perhaps2(seen) = self else { return self };
        let rest = HTTP_2.get(seen..).unwrap_or_default();
        let compared = rest.len().min(bytes.len());
        match rest.get(..compared) == bytes.get(..compared) {
            true if compared == rest.len() => Self::Http2,
            true => Self::Perhaps2(seen.saturating_add(compared)),
            false => Self::Http1,
        }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        self.0.lock().end(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A connection, and how it is judged so many seconds after its beginning.
    struct Judged(State, Instant);

    impl Judged {
        fn new() -> Self {
            let begun = Instant::now();
            Self(State::new(begun), begun)
        }

        fn at(&self, seconds: u64) -> Instant {
            self.1.checked_add(Duration::from_secs(seconds)).unwrap()
        }

        fn verdict(&self, seconds: u64) -> Verdict {
            self.0.verdict(self.at(seconds), Bounds::USUAL)
        }
    }

    #[test]
    fn a_head_must_come_in_time_byte_by_byte_or_not() {
        let mut connection = Judged::new();
        for second in 0..10 {
            assert_eq!(connection.verdict(second), Verdict::Fine);
            connection.0.heard(b"G", connection.at(second));
        }
        assert_eq!(connection.verdict(11), Verdict::Late);
        assert_eq!(Judged::new().verdict(11), Verdict::Late, "it has said nothing at all");
    }

    #[test]
    fn between_requests_there_is_more_time() {
        let mut connection = Judged::new();
        connection.0.heard(b"GET / HTTP/1.1\r\n\r\n", connection.at(0));
        connection.0.begin();
        assert_eq!(connection.verdict(1_000), Verdict::Fine, "the server may take its time");
        connection.0.end(connection.at(1_000));
        assert_eq!(connection.verdict(1_075), Verdict::Fine);
        assert_eq!(connection.verdict(1_076), Verdict::Idle);
        connection.0.heard(b"GET", connection.at(1_010));
        assert_eq!(connection.verdict(1_021), Verdict::Late);
    }

    #[test]
    fn pings_of_http_2_are_no_requests() {
        let mut connection = Judged::new();
        HTTP_2.chunks(5).for_each(|piece| connection.0.heard(piece, connection.1));
        connection.0.heard(b"ping", connection.at(60));
        assert_eq!(connection.verdict(75), Verdict::Fine);
        assert_eq!(connection.verdict(76), Verdict::Idle);
    }
}
