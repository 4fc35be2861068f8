//! One request and its answer over a connection.

use http_body_util::BodyExt;
use hyper::Response;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::header::HeaderMap;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::AbortOnDropHandle;

use super::request::drop_connection_headers;
use super::{Answer, Outgoing, Unanswered};

/// The status line and the headers of an answer together.
const MAX_HEAD_BYTES: usize = 64 << 10;
const MAX_HEADERS: usize = 200;

/// Sends `request` over `stream` and takes its answer.
pub(super) async fn over<S>(stream: S, request: Outgoing, max_bytes: usize) -> Result<Answer, Unanswered>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let origin = request.origin.clone();
    let broken = |error: hyper::Error| match error.is_parse_too_large() {
        true => Unanswered::TooLarge(format!(
            "the answer's headers are larger than allowed. allowed=`{MAX_HEAD_BYTES} bytes, {MAX_HEADERS} headers`"
        )),
        false => Unanswered::Unreachable(format!("no answer: {}. origin=`{origin}`", in_full(&error))),
    };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(MAX_HEAD_BYTES).max_headers(MAX_HEADERS);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let connection = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request.into_request()).await.map_err(broken)?;
    let answer = answer(response, max_bytes).await.map_err(|error| match error {
        Cut::Broken(error) => broken(error),
        Cut::TooLarge => Unanswered::TooLarge(format!(
            "the answer's body is larger than allowed. limit=`http_response_bytes` allowed=`{max_bytes}`"
        )),
    });
    drop(connection);
    answer
}

/// Why an answer is not taken to its end.
enum Cut {
    Broken(hyper::Error),
    TooLarge,
}

async fn answer(response: Response<Incoming>, max_bytes: usize) -> Result<Answer, Cut> {
    let (head, mut rest) = response.into_parts();
    // Before anything of it is taken, if it says how long it is.
    if rest.size_hint().exact().is_some_and(|bytes| usize::try_from(bytes).map_or(true, |bytes| bytes > max_bytes)) {
        return Err(Cut::TooLarge);
    }
    let mut body = Vec::new();
    while let Some(frame) = rest.frame().await {
        if let Ok(data) = frame.map_err(Cut::Broken)?.into_data() {
            if data.len() > max_bytes.saturating_sub(body.len()) {
                return Err(Cut::TooLarge);
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(Answer { status: head.status.as_u16(), headers: taken(head.headers), body })
}

/// The headers without those of the connection. Bytes that are no UTF-8 are
/// Latin-1, as they were once.
fn taken(mut headers: HeaderMap) -> Vec<(String, String)> {
    drop_connection_headers(&mut headers);
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes()))).collect()
}

/// An error with what caused it.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
