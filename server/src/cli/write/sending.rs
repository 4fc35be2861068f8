//! Lines on their way to a server, in several requests at once.

use std::io::{Read, Write as _};
use std::num::NonZeroUsize;

use anyhow::{Context as _, bail};
use clap::Args;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use reqwest::header::CONTENT_ENCODING;
use reqwest::{Method, StatusCode};
use tidegate_database::Precision;
use tokio::sync::mpsc;

use super::chunks::{Chunk, Chunks};
use super::progress::Progress;
use crate::cli::client::{Refused, Target};

/// How lines are sent.
#[derive(Debug, Args)]
pub(super) struct Sending {
    /// Unit of the timestamps: s, ms, us, ns, or auto, which goes by their size
    #[arg(short, long, default_value = "auto", value_name = "UNIT")]
    precision: Precision,
    /// Keep the good lines if there are bad ones
    #[arg(long)]
    accept_partial: bool,
    /// Do not wait until it is durable
    #[arg(long)]
    no_sync: bool,
    /// Compress what is sent
    #[arg(long)]
    gzip: bool,
    /// How many requests are in progress at once
    #[arg(long, default_value = "32", value_name = "NUMBER")]
    max_concurrent_requests: NonZeroUsize,
}

/// What helps if the server takes less than was sent.
const LESS: &str = "; send less at once with --max-request-size";

/// What became of a write, as far as it is.
#[derive(Debug)]
struct Course {
    progress: Progress,
    /// Why the first request failed that did.
    failure: Option<anyhow::Error>,
    /// No more is sent.
    over: bool,
}

impl Sending {
    /// Sends all `chunks`. Memory is bounded by the requests in progress.
    ///
    /// # Errors
    /// If lines cannot be read, or are not written.
    pub(super) async fn run(
        &self,
        target: &Target,
        chunks: Chunks<impl Read + Send + 'static>,
        progress: Progress,
    ) -> anyhow::Result<()> {
        let mut course = Course { progress, failure: None, over: false };
        let mut chunks = read_ahead(chunks);
        let mut sent = FuturesUnordered::new();
        loop {
            let may_send = !course.over && sent.len() < self.max_concurrent_requests.get();
            tokio::select! {
                Some((chunk, result)) = sent.next(), if !sent.is_empty() => course.sent(&chunk, result, self),
                chunk = chunks.recv(), if may_send => match chunk {
                    Some(Ok(chunk)) => sent.push(self.send(target, chunk)),
                    Some(Err(error)) => course.fail(error),
                    None => course.over = true,
                },
                else => break,
            }
        }
        course.end()
    }

    async fn send(&self, target: &Target, chunk: Chunk) -> (Chunk, anyhow::Result<()>) {
        let result = self.post(target, &chunk).await;
        (chunk, result)
    }

    async fn post(&self, target: &Target, chunk: &Chunk) -> anyhow::Result<()> {
        let request = target
            .server
            .request(Method::POST, "/api/v3/write_lp")?
            .query(&[("db", &target.database), ("precision", &self.precision.to_string())])
            .query(&[("accept_partial", self.accept_partial), ("no_sync", self.no_sync)]);
        let request = if self.gzip {
            request.header(CONTENT_ENCODING, "gzip").body(compressed(&chunk.text)?)
        } else {
            request.body(chunk.text.clone())
        };
        target.server.send(request).await?;
        Ok(())
    }
}

impl Course {
    fn sent(&mut self, chunk: &Chunk, result: anyhow::Result<()>, how: &Sending) {
        let Err(error) = result else { return self.progress.add(chunk) };
        let Some(refused) = error.downcast_ref::<Refused>() else { return self.fail(error) };
        let bad_lines = refused.status == StatusCode::BAD_REQUEST;
        let less = if refused.status == StatusCode::PAYLOAD_TOO_LARGE { LESS } else { "" };
        let error = anyhow::anyhow!("{}{less}", refused.reason(chunk.lines_before));
        // Whoever takes good lines beside bad ones takes good requests, too.
        self.over |= !(how.accept_partial && bad_lines);
        self.failure.get_or_insert(error);
    }

    fn fail(&mut self, error: anyhow::Error) {
        self.over = true;
        self.failure.get_or_insert(error);
    }

    fn end(self) -> anyhow::Result<()> {
        self.progress.end();
        match (self.failure, self.progress.lines) {
            (None, 0) => bail!("incoming write was empty"),
            (None, _) => Ok(()),
            (Some(failure), 0) => Err(failure),
            (Some(failure), lines) => bail!("{failure:#}\n{lines} lines in other requests are written"),
        }
    }
}

/// Reads on where nobody waits for the thread, one chunk ahead.
fn read_ahead(chunks: Chunks<impl Read + Send + 'static>) -> mpsc::Receiver<anyhow::Result<Chunk>> {
    let (sender, receiver) = mpsc::channel(1);
    // A thread that the process does not wait for: standard input may never end.
    std::thread::spawn(move || {
        for chunk in chunks {
            let failed = chunk.is_err();
            if sender.blocking_send(chunk).is_err() || failed {
                break;
            }
        }
    });
    receiver
}

fn compressed(text: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).and_then(|()| encoder.finish()).context("the lines cannot be compressed")
}
