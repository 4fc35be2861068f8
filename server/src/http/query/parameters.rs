//! The values of a query's parameters, from JSON.

use axum::http::StatusCode;
use serde_json::{Map, Value as Json};
use tidegate::{Parameters, Value};

use crate::http::refusal::Refusal;

/// The values that `$name` stands for.
///
/// # Errors
/// If one is an array or an object.
pub(crate) fn values(json: Map<String, Json>) -> Result<Parameters, Refusal> {
    json.into_iter().map(|(name, json)| Ok((name.clone(), value(&name, json)?))).collect()
}

fn value(name: &str, json: Json) -> Result<Value, Refusal> {
    match json {
        Json::Null => Ok(Value::Null),
        Json::Bool(value) => Ok(Value::Boolean(value)),
        Json::String(text) => Ok(Value::Text(text)),
        Json::Number(number) => Ok(number
            .as_i64()
            .map(Value::I64)
            .or_else(|| number.as_u64().map(Value::U64))
            .or_else(|| number.as_f64().map(Value::F64))
            .unwrap_or(Value::Null)),
        Json::Array(_) | Json::Object(_) => Err(Refusal::text(
            StatusCode::BAD_REQUEST,
            format!("a parameter is null, a boolean, a number or a string. parameter=`{name}`"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_types() {
        let json = r#"{"a": -1, "b": 18446744073709551615, "c": 0.5, "d": "x", "e": true, "f": null}"#;
        let values: Vec<_> = values(serde_json::from_str(json).unwrap()).unwrap().into_values().collect();
        assert_eq!(
            values,
            [
                Value::I64(-1),
                Value::U64(u64::MAX),
                Value::F64(0.5),
                Value::Text("x".into()),
                Value::Boolean(true),
                Value::Null
            ]
        );
    }

    #[test]
    fn nested_values_are_refused_by_name() {
        let refusal = values(serde_json::from_str(r#"{"hosts": []}"#).unwrap()).unwrap_err();
        assert!(refusal.reason.ends_with("parameter=`hosts`"));
    }
}
