//! Line protocol, on the routes of three versions.

mod v1;
mod v2;
mod v3;

use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use tidegate::{DatabaseId, Durability};
use tidegate_database::{Fault, Partial, Precision, RejectedLine, WriteError, WriteOptions, WriteReport};

use super::names;
use super::refusal::Refusal;
use super::request::Content;
use crate::caller::Caller;
use crate::permissions::Action;
use crate::quotas::Exceeded;
use crate::server::Server;
pub(super) use v1::write as v1;
pub(super) use v2::write as v2;
pub(super) use v3::write as v3;

/// How a client wants its lines written.
struct Ask {
    database: DatabaseId,
    options: WriteOptions,
}

impl Ask {
    /// To write to the database called `name`, with timestamps in `precision` or
    /// else in `default`.
    fn new(
        (server, caller): (&Server, &Caller),
        name: &str,
        precision: Option<&str>,
        (default, partial): (Precision, Partial),
    ) -> Result<Self, Refusal> {
        let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, format!("serde error: {error}"));
        let precision = precision.filter(|text| !text.is_empty()).map(str::parse).transpose().map_err(invalid)?;
        let options = WriteOptions {
            precision: precision.unwrap_or(default),
            partial,
            time: server.clock.now(),
            durability: Durability::Durable,
        };
        Ok(Self { database: names::database(caller, Action::Write, name)?, options })
    }

    fn without_sync(mut self) -> Self {
        self.options.durability = Durability::Buffered;
        self
    }

    /// Reads the lines in the request's body and writes them.
    async fn write(self, server: &std::sync::Arc<Server>, request: Request) -> Result<WriteReport, NotWritten> {
        let Content(body) = Content::from_request(request, server).await.map_err(NotWritten::Refused)?;
        let invalid =
            |error| Refusal::text(StatusCode::BAD_REQUEST, format!("body content is not valid utf8: {error}"));
        let lines = std::str::from_utf8(&body).map_err(invalid).map_err(NotWritten::Refused)?;
        let refused = |exceeded: Exceeded| NotWritten::Refused(exceeded.into());
        let _turn = server.allowances.admit([(&self.database, lines.len())].into_iter()).await.map_err(refused)?;
        server.database.write(&self.database, lines, self.options).await.map_err(NotWritten::Lines)
    }
}

/// Why lines were not written.
enum NotWritten {
    /// They did not arrive.
    Refused(Refusal),
    /// The database does not take them.
    Lines(WriteError),
}

impl From<NotWritten> for Refusal {
    fn from(error: NotWritten) -> Self {
        match error {
            NotWritten::Refused(refusal) => refusal,
            NotWritten::Lines(WriteError::Database(error)) => error.into(),
            NotWritten::Lines(error @ (WriteError::Empty | WriteError::Rejected(_))) => {
                let limit = |line: &RejectedLine| line.fault == Fault::Limit;
                let is_limit = matches!(&error, WriteError::Rejected(lines) if lines.iter().any(limit));
                let status = if is_limit { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::BAD_REQUEST };
                Self::text(status, error.to_string())
            }
        }
    }
}
