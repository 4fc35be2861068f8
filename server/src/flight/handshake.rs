//! The handshake of clients that have a password instead of a token: the
//! password is the token, and whoever may not come in does not get here.

use std::pin::Pin;

use arrow_flight::HandshakeResponse;
use futures::{Stream, StreamExt, stream};
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::http::auth;

/// What the protocol answers a handshake with.
pub(super) type Answer = Pin<Box<dyn Stream<Item = Result<HandshakeResponse, Status>> + Send>>;

/// Hands a client its password back as a bearer token.
pub(super) fn answer(headers: &MetadataMap) -> Result<Response<Answer>, Status> {
    let expected = || {
        Status::invalid_argument("a handshake has the header `authorization: Basic`, with the token as the password")
    };
    let given = auth::token(&headers.clone().into_headers()).map_err(|_| expected())?;
    let token = given.ok_or_else(expected)?;
    let bearer = format!("Bearer {token}").parse().map_err(|_| expected())?;
    let payload = token.into_bytes().into();
    let mut response = Response::new(stream::iter([Ok(HandshakeResponse { protocol_version: 0, payload })]).boxed());
    response.metadata_mut().insert("authorization", bearer);
    Ok(response)
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
        assert_eq!(handshake("Basic YW55Ym9keTphcGl2M19hOmI="), Ok("Bearer apiv3_a:b".to_owned()));
    }

    #[test]
    fn other_handshakes_are_refused() {
        // The last is a password with a line break.
        for authorization in ["Basic", "Basic !", "Basic YQ==", "Digest a", "Basic YToK"] {
            assert_eq!(handshake(authorization), Err(Code::InvalidArgument), "{authorization}");
        }
        assert!(answer(&MetadataMap::new()).is_err());
    }
}
