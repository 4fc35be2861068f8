//! What a client wants to run.

use tidegate::Parameters;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// What a client wants to run, and where. Nothing of it is checked yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Statement {
    pub(super) database: String,
    pub(super) sql: String,
    pub(super) parameters: Parameters,
}

/// The headers that name the database, as different clients call it.
const DATABASE_HEADERS: [&str; 4] = ["database", "bucket", "bucket-name", "iox-namespace-name"];

impl Statement {
    /// A statement for the database that the headers name.
    pub(super) fn new(sql: String, headers: &MetadataMap) -> Result<Self, Status> {
        Ok(Self { database: database(headers)?, sql, parameters: Parameters::new() })
    }
}

/// The database that the headers name.
pub(super) fn database(headers: &MetadataMap) -> Result<String, Status> {
    let named = DATABASE_HEADERS.iter().find_map(|name| headers.get(*name));
    let missing = || Status::invalid_argument("no database is named; send its name as the gRPC header `database`");
    let not_text = |_| Status::invalid_argument("the name of a database in a header is ASCII");
    named.ok_or_else(missing)?.to_str().map(str::to_owned).map_err(not_text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    #[test]
    fn every_header_that_clients_use_names_the_database() {
        for name in DATABASE_HEADERS {
            let mut headers = MetadataMap::new();
            headers.insert(name, "sensors".parse().unwrap());
            assert_eq!(database(&headers).unwrap(), "sensors", "{name}");
        }
    }

    #[test]
    fn without_a_header_the_client_is_told_which_to_send() {
        let status = database(&MetadataMap::new()).unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert!(status.message().contains("gRPC header `database`"));
    }
}
