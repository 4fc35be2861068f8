//! Statements as clients keep them between two calls: nothing is kept in the
//! server, so that nothing has to be closed or forgotten.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tidegate::{Timestamp, Value};
use tonic::Status;

use super::statement::Statement;
use super::status;

#[derive(Serialize, Deserialize)]
struct Handle {
    database: String,
    sql: String,
    parameters: BTreeMap<String, Cell>,
}

/// A value whose type survives JSON.
#[derive(Serialize, Deserialize)]
enum Cell {
    Null,
    Boolean(bool),
    I64(i64),
    U64(u64),
    /// Its bits: JSON has no NaN.
    F64(u64),
    Text(String),
    Time(i64),
}

/// Packs a statement for a client.
pub(super) fn pack(statement: Statement) -> Bytes {
    let Statement { database, sql, parameters } = statement;
    let parameters = parameters.into_iter().map(|(name, value)| (name, value.into())).collect();
    // Names and numbers always have JSON.
    serde_json::to_vec(&Handle { database, sql, parameters }).unwrap_or_default().into()
}

/// Unpacks what a client has sent back, or made up.
pub(super) fn unpack(handle: &[u8]) -> Result<Statement, Status> {
    let invalid = |error| status::invalid(format!("the handle of a statement is not one of this server: {error}"));
    let Handle { database, sql, parameters } = serde_json::from_slice(handle).map_err(invalid)?;
    let parameters = parameters.into_iter().map(|(name, cell)| (name, cell.into())).collect();
    Ok(Statement { database, sql, parameters })
}

impl From<Value> for Cell {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(value),
            Value::I64(value) => Self::I64(value),
            Value::U64(value) => Self::U64(value),
            Value::F64(value) => Self::F64(value.to_bits()),
            Value::Text(value) => Self::Text(value),
            Value::Time(Timestamp(nanoseconds)) => Self::Time(nanoseconds),
        }
    }
}

impl From<Cell> for Value {
    fn from(cell: Cell) -> Self {
        match cell {
            Cell::Null => Self::Null,
            Cell::Boolean(value) => Self::Boolean(value),
            Cell::I64(value) => Self::I64(value),
            Cell::U64(value) => Self::U64(value),
            Cell::F64(bits) => Self::F64(f64::from_bits(bits)),
            Cell::Text(value) => Self::Text(value),
            Cell::Time(nanoseconds) => Self::Time(Timestamp(nanoseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    fn statement(values: &[Value]) -> Statement {
        let parameters = values.iter().enumerate().map(|(place, value)| (place.to_string(), value.clone()));
        Statement { database: "sensors".into(), sql: "SELECT '\0ä'".into(), parameters: parameters.collect() }
    }

    #[test]
    fn a_statement_comes_back_as_it_was() {
        let sent = statement(&[
            Value::Null,
            Value::Boolean(true),
            Value::I64(i64::MIN),
            Value::U64(u64::MAX),
            Value::F64(3.0),
            Value::F64(f64::NEG_INFINITY),
            Value::Text("it's".into()),
            Value::Time(Timestamp(i64::MAX)),
        ]);
        assert_eq!(unpack(&pack(sent.clone())).unwrap(), sent);
    }

    #[test]
    fn a_number_that_is_none_comes_back() {
        let parameters = unpack(&pack(statement(&[Value::F64(f64::NAN)]))).unwrap().parameters;
        assert!(matches!(parameters["0"], Value::F64(value) if value.is_nan()));
    }

    #[test]
    fn what_is_made_up_is_refused() {
        for handle in [&b""[..], b"{}", b"\xff", br#"{"database": "a", "sql": "b", "parameters": {"c": 1}}"#] {
            assert_eq!(unpack(handle).unwrap_err().code(), Code::InvalidArgument);
        }
    }
}
