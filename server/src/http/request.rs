//! What clients send, checked: the query string, the body, JSON.

use std::io::Read;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use futures::StreamExt;
use serde::de::DeserializeOwned;

use super::buffered::{Buffer, too_large};
use super::refusal::Refusal;
use crate::connections::is_too_slow;
use crate::server::Server;

/// The query string.
pub(super) struct Parameters<T>(pub(super) T);

/// The body, decompressed.
pub(super) struct Content(pub(super) Bytes);

/// The body as JSON, whose type must be declared.
pub(super) struct Json<T>(pub(super) T);

/// The query string decoded into `T`.
pub(super) fn parameters<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refusal> {
    let invalid = |error: axum::extract::rejection::QueryRejection| {
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Refusal::text(StatusCode::BAD_REQUEST, format!("serde error: {reason}"))
    };
    Query::try_from_uri(uri).map(|Query(parameters)| parameters).map_err(invalid)
}

/// JSON decoded into `T`.
pub(super) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, format!("serde json error: {error}"));
    serde_json::from_slice(body).map_err(invalid)
}

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parameters(&parts.uri).map(Self)
    }
}

impl FromRequest<Arc<Server>> for Content {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let encoding = encoding(&parts.headers)?;
        let most = server.max_request_bytes;
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
        if length.is_some_and(|length| length > most) {
            return Err(too_large(most));
        }
        let body = read(body, server.buffered.buffer(most)).await?;
        match encoding {
            Encoding::Identity => Ok(Self(body)),
            Encoding::Gzip => decompress(&body, server.buffered.buffer(most)).map(Self),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<Arc<Server>> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, Refusal> {
        let content_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let essence = content_type.and_then(|value| value.split(';').next()).map(str::trim);
        if !essence.is_some_and(|essence| essence.eq_ignore_ascii_case("application/json")) {
            return Err(Refusal::text(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unacceptable content-type, expected: application/json",
            ));
        }
        let Content(body) = Content::from_request(request, server).await?;
        json(&body).map(Self)
    }
}

enum Encoding {
    Identity,
    Gzip,
}

fn encoding(headers: &HeaderMap) -> Result<Encoding, Refusal> {
    let encodings: Vec<_> = headers.get_all(CONTENT_ENCODING).iter().map(HeaderValue::as_bytes).collect();
    match encodings.as_slice() {
        [] | [b"identity"] => Ok(Encoding::Identity),
        [b"gzip"] => Ok(Encoding::Gzip),
        others => {
            let others = String::from_utf8_lossy(&others.join(&b", "[..])).into_owned();
            Err(Refusal::text(StatusCode::BAD_REQUEST, format!("unacceptable content-encoding: {others}")))
        }
    }
}

async fn read(body: Body, mut buffer: Buffer) -> Result<Bytes, Refusal> {
    let mut stream = body.into_data_stream();
    let broken = |error: axum::Error| {
        let status = if is_too_slow(&error) { StatusCode::REQUEST_TIMEOUT } else { StatusCode::BAD_REQUEST };
        Refusal::text(status, format!("error reading the body: {error}"))
    };
    while let Some(piece) = stream.next().await {
        buffer.push(&piece.map_err(broken)?)?;
    }
    Ok(buffer.into_bytes())
}

fn decompress(body: &[u8], mut buffer: Buffer) -> Result<Bytes, Refusal> {
    let mut decoder = MultiGzDecoder::new(body);
    let mut piece = [0; 16 << 10];
    let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, format!("error decoding the gzip body: {error}"));
    loop {
        match decoder.read(&mut piece).map_err(invalid)? {
            0 => return Ok(buffer.into_bytes()),
            read => buffer.push(piece.get(..read).unwrap_or_default())?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::buffered::Budget;
    use super::*;
    use flate2::{Compression, read::GzEncoder};

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut compressed = Vec::new();
        GzEncoder::new(content, Compression::best()).read_to_end(&mut compressed).unwrap();
        compressed
    }

    fn room(most: usize) -> Buffer {
        Budget::new(1 << 20).buffer(most)
    }

    #[test]
    fn only_one_encoding_is_taken_off() {
        let of = |values: &[&'static str]| {
            let values = values.iter().map(|value| (CONTENT_ENCODING, HeaderValue::from_static(value)));
            let mut headers = HeaderMap::new();
            values.for_each(|(name, value)| _ = headers.append(name, value));
            encoding(&headers).map(|_| ()).map_err(|refusal| refusal.reason)
        };
        assert_eq!(of(&["gzip"]), Ok(()));
        assert_eq!(of(&["gzip, gzip"]), Err("unacceptable content-encoding: gzip, gzip".to_owned()));
        assert_eq!(of(&["gzip", "gzip"]), Err("unacceptable content-encoding: gzip, gzip".to_owned()));
    }

    #[test]
    fn what_is_too_large_when_decompressed_is_refused() {
        let bomb = gzip(&[b'0'; 100_000]);
        assert_eq!(decompress(&bomb, room(100_000)).unwrap().len(), 100_000);
        let refusal = decompress(&bomb, room(99_999)).unwrap_err();
        assert_eq!(
            (refusal.status.as_u16(), refusal.reason.as_str()),
            (413, "max request size (99999 bytes) exceeded")
        );
    }

    #[test]
    fn what_is_not_gzip_is_the_clients_fault() {
        assert_eq!(decompress(b"cpu usage=1", room(100)).unwrap_err().status, StatusCode::BAD_REQUEST);
        let body = gzip(b"cpu usage=1");
        assert_eq!(decompress(&body[..9], room(100)).unwrap_err().status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_field_that_is_missing_is_named() {
        #[derive(Debug, serde::Deserialize)]
        struct Wanted {
            #[expect(dead_code, reason = "never there")]
            db: String,
        }
        let uri = "/x?q=1".parse().unwrap();
        assert_eq!(parameters::<Wanted>(&uri).unwrap_err().reason, "serde error: missing field `db`");
        assert_eq!(
            json::<Wanted>(b"{}").unwrap_err().reason,
            "serde json error: missing field `db` at line 1 column 2"
        );
    }
}
