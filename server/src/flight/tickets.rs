//! The tickets of InfluxDB 3's clients: JSON.

use serde::Deserialize;
use serde_json::{Map, Value};
use tonic::Status;

use super::statement::Statement;
use super::status;
use crate::http::query::parameters;

#[derive(Debug, Deserialize)]
struct JsonTicket {
    #[serde(alias = "namespace_name", alias = "bucket")]
    database: String,
    sql_query: String,
    #[serde(default)]
    query_type: Language,
    params: Option<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    #[default]
    Sql,
    InfluxQl,
}

/// Whether a ticket is one of these, good or bad.
pub(super) fn is_json(ticket: &[u8]) -> bool {
    ticket.trim_ascii_start().starts_with(b"{")
}

/// What a client wants to run.
pub(super) fn parse(ticket: &[u8]) -> Result<Statement, Status> {
    let invalid = |error| status::invalid(format!("the ticket is not as expected: {error}"));
    let JsonTicket { database, sql_query, query_type, params } = serde_json::from_slice(ticket).map_err(invalid)?;
    match query_type {
        Language::Sql => {}
        Language::InfluxQl => {
            return Err(Status::unimplemented(
                "InfluxQL is not supported; write the query in SQL, with query_type sql",
            ));
        }
    }
    let values = parameters::values(params.unwrap_or_default());
    let parameters = values.map_err(|refusal| status::invalid(refusal.reason))?;
    Ok(Statement { database, sql: sql_query, parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate::Value::I64;
    use tonic::Code;

    #[test]
    fn the_database_goes_by_every_name_that_clients_use() {
        for name in ["database", "namespace_name", "bucket"] {
            let ticket = format!(r#"{{"{name}": "sensors", "sql_query": "SELECT $a", "params": {{"a": 1}}}}"#);
            assert!(is_json(ticket.as_bytes()));
            let parameters = [("a".to_owned(), I64(1))].into();
            let expected = Statement { database: "sensors".into(), sql: "SELECT $a".into(), parameters };
            assert_eq!(parse(ticket.as_bytes()).unwrap(), expected);
        }
    }

    #[test]
    fn a_bad_ticket_is_told_why() {
        for (ticket, code, text) in [
            (r#"{"database": "a"}"#, Code::InvalidArgument, "missing field `sql_query`"),
            (r#"{"database": "a", "sql_query": 1}"#, Code::InvalidArgument, "expected a string"),
            ("{", Code::InvalidArgument, "the ticket is not as expected: EOF"),
            (
                r#"{"database": "a", "sql_query": "", "query_type": "flux"}"#,
                Code::InvalidArgument,
                "unknown variant `flux`, expected `sql` or `influxql`",
            ),
            (
                r#"{"database": "a", "sql_query": "", "params": {"hosts": []}}"#,
                Code::InvalidArgument,
                "parameter=`hosts`",
            ),
            (
                r#"{"database": "a", "sql_query": "", "query_type": "influxql"}"#,
                Code::Unimplemented,
                "InfluxQL is not supported; write the query in SQL",
            ),
        ] {
            let status = parse(ticket.as_bytes()).unwrap_err();
            assert_eq!(status.code(), code, "{ticket}");
            assert!(status.message().contains(text), "{ticket}: {status}");
        }
    }

    #[test]
    fn messages_of_flight_sql_are_not_json() {
        assert!(!is_json(b"\x0a\x07"));
        assert!(!is_json(b""));
    }
}
