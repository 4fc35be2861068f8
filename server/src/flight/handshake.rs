//! The handshake of clients that have a password instead of a token: the
//! password is the token. Whether it is a good one shows with the next call.

use std::pin::Pin;

use arrow_flight::HandshakeResponse;
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use futures::{Stream, StreamExt, stream};
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

/// What the protocol answers a handshake with.
pub(super) type Answer = Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>;

/// With padding, as the standard wants it, or without, as clients in Go send it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Hands a client its password back as a bearer token.
pub(super) fn answer(headers: &MetadataMap) -> Result<Response<Answer>, Status> {
    let expected = || {
        Status::invalid_argument("a handshake has the header `authorization: Basic`, with the token as the password")
    };
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = given.and_then(password).ok_or_else(expected)?;
    let bearer = format!("Bearer {token}").parse().map_err(|_| expected())?;
    let payload = token.into_bytes().into();
    let mut response = Response::new(stream::iter([Ok(HandshakeResponse { protocol_version: 0, payload })]).boxed());
    response.metadata_mut().insert("authorization", bearer);
    Ok(response)
}

fn password(authorization: &str) -> Option<String> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64.decode(encoded.trim()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn handshake(authorization: &str) -> Result<String, Code> {
        let mut headers = MetadataMap::new();
        headers.insert("authorization", authorization.parse().unwrap());
        let response = answer(&headers).map_err(|status| status.code())?;
        Ok(response.metadata().get("authorization").unwrap().to_str().unwrap().to_owned())
    }

    #[test]
    fn the_password_is_the_token() {
        // anybody:apiv3_a:b
        for encoded in ["YW55Ym9keTphcGl2M19hOmI=", "YW55Ym9keTphcGl2M19hOmI"] {
            assert_eq!(handshake(&format!("Basic {encoded}")), Ok("Bearer apiv3_a:b".to_owned()));
        }
    }

    #[test]
    fn other_handshakes_are_refused() {
        let unprintable = format!("Basic {}", BASE64.encode("a:\n"));
        for authorization in ["Bearer token", "Basic", "Basic !", "Basic YQ==", unprintable.as_str()] {
            assert_eq!(handshake(authorization), Err(Code::InvalidArgument), "{authorization}");
        }
        assert!(answer(&MetadataMap::new()).is_err());
    }
}
