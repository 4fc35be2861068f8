//! What a client has sent and nobody has read.
//!
//! Many requests are refused before their body is read. The connection cannot be
//! used again then, and a client that does not know it would lose its next
//! request: so the rest is read, or the client told.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, EXPECT};
use axum::http::{HeaderValue, Version};
use axum::middleware::Next;
use axum::response::Response;
use futures::{StreamExt as _, stream};

use crate::server::Server;

/// For how long the rest is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// A body, of which somebody else may read first.
type Shared = Arc<Mutex<BodyDataStream>>;

/// Reads what is left of the request once it has its answer.
pub(super) async fn read_on(State(server): State<Arc<Server>>, request: Request, next: Next) -> Response {
    // A stream of HTTP/2 ends by itself, and its connection goes on.
    if request.version() == Version::HTTP_2 {
        return next.run(request).await;
    }
    // Reading would ask for a body that nobody wants.
    let asks_first = request.headers().contains_key(EXPECT);
    let (parts, body) = request.into_parts();
    let body: Shared = Arc::new(Mutex::new(body.into_data_stream()));
    let mut response = next.run(Request::from_parts(parts, lent(Arc::clone(&body)))).await;
    let rest = rest(body, server.max_request_bytes);
    if asks_first || !matches!(tokio::time::timeout(PATIENCE, rest).await, Ok(true)) {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn lent(body: Shared) -> Body {
    let read = move |context: &mut std::task::Context<'_>| {
        body.lock().unwrap_or_else(PoisonError::into_inner).poll_next_unpin(context)
    };
    Body::from_stream(stream::poll_fn(read))
}

/// Reads a body to its end, unless it is longer than `most`; says whether it has.
async fn rest(body: Shared, most: usize) -> bool {
    let Some(body) = Arc::into_inner(body) else { return false };
    let mut body = body.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut read = 0_usize;
    while read <= most {
        match body.next().await {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(piece)) => read = read.saturating_add(piece.len()),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shared(body: Body) -> Shared {
        Arc::new(Mutex::new(body.into_data_stream()))
    }

    fn endless() -> Body {
        Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>("xxxx")))
    }

    #[tokio::test]
    async fn what_is_left_of_a_body_is_read_within_bounds() {
        assert!(rest(shared(Body::empty()), 10).await);
        assert!(rest(shared(Body::from("0123456789")), 10).await);
        assert!(!rest(shared(endless()), 1_000).await);
        let broken = stream::iter([Ok("x"), Err(std::io::Error::other("gone"))]);
        assert!(!rest(shared(Body::from_stream(broken)), 10).await);
    }

    #[tokio::test]
    async fn a_body_is_read_on_from_where_somebody_stopped() {
        let body = shared(Body::from_stream(stream::iter(["a", "b", "c"].map(Ok::<_, std::io::Error>))));
        let mut first = lent(Arc::clone(&body)).into_data_stream();
        assert_eq!(first.next().await.unwrap().unwrap(), "a");
        drop(first);
        let mut second = lent(Arc::clone(&body)).into_data_stream();
        assert_eq!(second.next().await.unwrap().unwrap(), "b");
        drop(second);
        assert!(rest(body, 1).await);
    }
}
