//! Connections that end with the answer, whatever the client still sends.
//!
//! Whoever is refused before all of the request is read may be sending still. If
//! the socket were closed then, the system would reset the connection, and the
//! client would lose the answer that says why.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// For how long, and how much, is read from a client that has its answer.
const PATIENCE: Duration = Duration::from_secs(2);
const PATIENCE_BYTES: usize = 64 << 20;

/// A connection that is read on while it closes.
pub(super) struct PatientStream {
    stream: TcpStream,
    closing: Option<Closing>,
}

/// How a connection closes: first it says that nothing more will come, then it
/// waits for the client to say so.
struct Closing {
    told: bool,
    read: usize,
    deadline: Pin<Box<Sleep>>,
}

impl PatientStream {
    pub(super) fn new(stream: TcpStream) -> Self {
        // Answers are small and written at once.
        let _ = stream.set_nodelay(true);
        Self { stream, closing: None }
    }
}

impl AsyncRead for PatientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for PatientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { stream, closing } = self.get_mut();
        let closing = closing.get_or_insert_with(Closing::begin);
        if !closing.told {
            ready!(Pin::new(&mut *stream).poll_shutdown(context))?;
            closing.told = true;
        }
        closing.poll(stream, context).map(Ok)
    }
}

impl Closing {
    #[expect(clippy::disallowed_methods, reason = "a client's patience is real time, whatever the clock says")]
    fn begin() -> Self {
        Self { told: false, read: 0, deadline: Box::pin(tokio::time::sleep(PATIENCE)) }
    }

    /// Reads what still comes, until there is no more or it is too much.
    fn poll(&mut self, stream: &mut TcpStream, context: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 16 << 10];
        while self.read < PATIENCE_BYTES && self.deadline.as_mut().poll(context).is_pending() {
            let mut buffer = ReadBuf::new(&mut space);
            let came = ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer));
            if came.is_err() || buffer.filled().is_empty() {
                break;
            }
            self.read = self.read.saturating_add(buffer.filled().len());
        }
        Poll::Ready(())
    }
}
