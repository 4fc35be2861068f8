//! Clients for whom there is no place.

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::PatientStream;

/// How many are told at once; others are hung up on. Each takes a file for up to
/// two seconds.
const TOLD_AT_ONCE: usize = 64;

/// In HTTP/1.1, which is how clients of gRPC without TLS understand it as well.
const ANSWER: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 52\r\n\
    retry-after: 1\r\n\
    connection: close\r\n\r\n\
    there are too many connections; try again in a while";

/// Tells a client to come again. With TLS it is just hung up on: a handshake costs
/// more than what it would be told is worth.
pub(super) fn refuse(refusals: &mut JoinSet<()>, stream: TcpStream, with_tls: bool) {
    if with_tls || refusals.len() >= TOLD_AT_ONCE {
        return;
    }
    refusals.spawn(async move {
        let mut stream = PatientStream::new(stream);
        // Its buffer is empty, so this does not wait; and who is gone needs no answer.
        let _ = stream.write_all(ANSWER).await;
        let _ = stream.shutdown().await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        let answer = std::str::from_utf8(ANSWER).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
