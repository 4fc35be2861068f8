//! Errors as gRPC tells them.

use tidegate::{DatabaseError, DatabaseErrorKind};
use tonic::Status;

use crate::queries::QueryError;

/// The most text that goes into a status. It travels as a header, and clients
/// give up on headers over 8 KiB; some characters become three.
const MAX_TEXT_BYTES: usize = 2048;

/// What a client is told of a database's error.
pub(super) fn of(error: DatabaseError) -> Status {
    let text = shortened(error.message);
    match error.kind {
        DatabaseErrorKind::NotFound => Status::not_found(text),
        DatabaseErrorKind::Invalid => Status::invalid_argument(text),
        DatabaseErrorKind::NotSupported => Status::unimplemented(text),
        DatabaseErrorKind::Unavailable => Status::unavailable(text),
    }
}

/// What a client is told of a query that has no result.
pub(super) fn of_query(error: QueryError) -> Status {
    match error {
        QueryError::Database(error) => of(error),
        QueryError::Busy { .. } => Status::resource_exhausted(error.to_string()),
        QueryError::TooLong(_) => Status::deadline_exceeded(error.to_string()),
    }
}

/// What a client is told of a message that is not what it should be.
pub(super) fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(shortened(error.to_string()))
}

fn shortened(mut text: String) -> String {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.push_str(" (shortened)");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    #[test]
    fn each_kind_of_error_has_its_code() {
        for (kind, code) in [
            (DatabaseErrorKind::NotFound, Code::NotFound),
            (DatabaseErrorKind::Invalid, Code::InvalidArgument),
            (DatabaseErrorKind::NotSupported, Code::Unimplemented),
            (DatabaseErrorKind::Unavailable, Code::Unavailable),
        ] {
            let status = of(DatabaseError::new(kind, "why"));
            assert_eq!((status.code(), status.message()), (code, "why"));
        }
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let status = invalid(format!("a{}", "ä".repeat(2000)));
        assert_eq!(status.message().len(), 2047 + " (shortened)".len());
    }
}
