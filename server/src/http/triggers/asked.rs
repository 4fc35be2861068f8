//! What clients send about a trigger: JSON in the body, or a query string.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::http::refusal::Refusal;
use crate::http::request::{Json, parameters};
use crate::server::Server;

/// What stands in the query string, if there is one, or else as JSON in the
/// body.
pub(in crate::http) struct JsonOrUrl<T>(pub(in crate::http) T);

impl<T: DeserializeOwned> FromRequest<Arc<Server>> for JsonOrUrl<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, Refusal> {
        if request.uri().query().unwrap_or_default().is_empty() {
            let Json(value) = Json::from_request(request, server).await?;
            return Ok(Self(value));
        }
        from_url(request.uri()).map(Self)
    }
}

/// What is no text in JSON is JSON in the query string as well.
const NO_TEXT: [&str; 6] = ["trigger_settings", "trigger_arguments", "limits", "grants", "disabled", "force"];

fn from_url<T: DeserializeOwned>(uri: &Uri) -> Result<T, Refusal> {
    let invalid = |error| Refusal::text(StatusCode::BAD_REQUEST, format!("serde error: {error}"));
    let mut object = Map::new();
    for (name, value) in parameters::<Vec<(String, String)>>(uri)? {
        let value = if NO_TEXT.contains(&name.as_str()) {
            serde_json::from_str(&value).map_err(invalid)?
        } else {
            Value::String(value)
        };
        object.insert(name, value);
    }
    serde_json::from_value(Value::Object(object)).map_err(invalid)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::triggers::Definition;

    #[test]
    fn a_trigger_can_stand_in_a_url() {
        let uri = "/x?db=sensors&trigger_name=true&plugin_filename=a.py&trigger_specification=every%3A1s\
                   &trigger_settings=%7B%22run_async%22%3Atrue%7D&limits=%7B%22fuel%22%3A5%7D&disabled=true";
        let definition: Definition = from_url(&uri.parse().unwrap()).unwrap();
        assert_eq!((definition.trigger_name.as_str(), definition.limits["fuel"]), ("true", 5));
        assert!(definition.disabled && definition.trigger_settings.run_async);
        let refusal = from_url::<Definition>(&"/x?db=a&disabled=perhaps".parse().unwrap()).unwrap_err();
        assert!(refusal.reason.starts_with("serde error: "));
    }
}
