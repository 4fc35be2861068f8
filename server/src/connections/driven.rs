//! One connection, from its first byte to its last.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use futures::future::BoxFuture;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch::Receiver;
use tokio::time::Instant;

use super::Service;
use super::answer_body::watched;
use super::observed::Observed;
use super::request_body::Steady;
use super::watch::{Verdict, Watch};

/// How often it is looked whether a connection may go on.
const LOOK_PERIOD: Duration = Duration::from_millis(500);

/// For how long a client is waited for that was told that the connection ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// How much of a head, or of what is not sent yet, is kept: a query may stand in
/// the path.
const HEAD_BYTES: usize = 128 << 10;

/// What one connection of HTTP/2 may ask for at once.
const STREAMS: u32 = 100;
const HEADER_LIST_BYTES: u32 = 16 << 10;
/// Streams that the client took back before they were looked at: more are an
/// attack ("rapid reset").
const RESET_STREAMS: usize = 20;
const SEND_BUFFER_BYTES: usize = 64 << 10;
/// Whether a client is still there is asked this often, for it may be gone
/// without a word.
const PING_PERIOD: Duration = Duration::from_secs(30);
const PING_PATIENCE: Duration = Duration::from_secs(20);

/// Answers the requests of a connection until it ends or has to.
pub(super) async fn drive<S>(stream: S, service: &Service, mut stopped: Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let watch = Arc::new(Watch::new(service.bounds));
    let answering = Answering { router: TowerToHyperService::new(service.router.clone()), watch: Arc::clone(&watch) };
    let stream = TokioIo::new(Observed::new(stream, Arc::clone(&watch)));
    let builder = builder();
    let mut connection = pin!(builder.serve_connection(stream, answering));
    let mut look = tokio::time::interval(LOOK_PERIOD);
    let (mut stopping, mut farewell) = (false, None);
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                }
                return;
            }
            _ = stopped.changed(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = look.tick() => match watch.look() {
                Verdict::Fine => {}
                Verdict::Late => return tracing::debug!("a request did not come to its end"),
                Verdict::Idle => {
                    let since = farewell.get_or_insert_with(|| {
                        connection.as_mut().graceful_shutdown();
                        Instant::now()
                    });
                    if since.elapsed() > FAREWELL {
                        return;
                    }
                }
            },
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The watch knows heads from pauses between requests, which hyper does not.
    builder.http1().header_read_timeout(None).max_buf_size(HEAD_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(HEADER_LIST_BYTES)
        .max_pending_accept_reset_streams(RESET_STREAMS)
        .max_send_buf_size(SEND_BUFFER_BYTES)
        .keep_alive_interval(PING_PERIOD)
        .keep_alive_timeout(PING_PATIENCE);
    builder
}

/// Hands requests to the routes, and has both bodies watched.
struct Answering {
    router: TowerToHyperService<Router>,
    watch: Arc<Watch>,
}

impl hyper::service::Service<Request<Incoming>> for Answering {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (watch, in_hand) = (Arc::clone(&self.watch), self.watch.begin());
        let request = request.map(|body| Body::new(Steady::new(body, watch.bounds().stall)));
        let answered = hyper::service::Service::call(&self.router, request);
        Box::pin(async move {
            let response = answered.await?;
            Ok(watched(response, &watch, in_hand))
        })
    }
}
