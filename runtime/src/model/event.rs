//! What makes a trigger run.

use super::{TableBatch, Timestamp};

/// What makes a trigger run.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Rows were written; one batch a table, unless a column changed its type.
    Write(Vec<TableBatch>),
    /// It is time, namely this.
    Schedule(Timestamp),
    /// A client asks.
    Request(Request),
}

impl Event {
    /// How many rows it brings.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Write(batches) => batches.iter().map(TableBatch::rows).fold(0, usize::saturating_add),
            Self::Schedule(_) | Self::Request(_) => 0,
        }
    }

    /// How much memory its rows or body take, near enough for limits.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match self {
            Self::Write(batches) => batches.iter().map(TableBatch::byte_size).fold(0, usize::saturating_add),
            Self::Schedule(_) => 0,
            Self::Request(request) => request.body.len(),
        }
    }
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// The path after the prefix under which triggers are served.
    pub path: String,
    /// The decoded query string, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case and values, in order, without credentials.
    pub headers: Vec<(String, String)>,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

/// What the client gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// From 100 to 599.
    pub status: u16,
    /// Names and values, in order.
    pub headers: Vec<(String, String)>,
    /// The body, sent as it is.
    pub body: Vec<u8>,
}
