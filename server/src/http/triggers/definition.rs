//! A trigger as clients define it.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use axum::http::{StatusCode, Uri};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tidegate::{CatchUp, ErrorBehavior, Instances, Limit, Trigger, TriggerSpec, WarmPolicy};

use crate::grants::NamedGrants;
use crate::http::names;
use crate::http::refusal::Refusal;
use crate::http::request::{Json, parameters};
use crate::server::Server;
use crate::triggers::{Begins, NewTrigger};

/// A trigger as clients define it.
#[derive(Debug, Deserialize)]
pub(in crate::http) struct Definition {
    db: String,
    trigger_name: String,
    plugin_filename: String,
    trigger_specification: String,
    trigger_settings: Settings,
    #[serde(default)]
    trigger_arguments: Option<BTreeMap<String, String>>,
    #[serde(default)]
    limits: BTreeMap<String, u64>,
    #[serde(default)]
    grants: NamedGrants,
    #[serde(default)]
    disabled: bool,
}

#[derive(Debug, Deserialize)]
struct Settings {
    #[serde(default)]
    run_async: bool,
    #[serde(default)]
    error_behavior: Behavior,
    retries: Option<u32>,
    #[serde(default)]
    catch_up: Missed,
    #[serde(default)]
    instance: Instance,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Instance {
    #[default]
    Auto,
    Fresh,
    Warm,
}

// Upper case stands in InfluxDB 3's guide, lower case in its code.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Behavior {
    #[default]
    #[serde(alias = "Log")]
    Log,
    #[serde(alias = "Retry")]
    Retry,
    #[serde(alias = "Disable")]
    Disable,
}

/// What becomes of times that a schedule missed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Missed {
    #[default]
    One,
    All,
    Skip,
}

/// How many runs an asynchronous trigger may have in progress.
const ASYNCHRONOUS_RUNS: usize = 4;

impl Definition {
    /// Checks what can be checked without the plugin.
    pub(super) fn check(self, server: &Server) -> Result<NewTrigger, Refusal> {
        let invalid = |reason: String| Refusal::text(StatusCode::BAD_REQUEST, reason);
        let spec: TriggerSpec = self.trigger_specification.parse().map_err(|error| invalid(format!("{error}")))?;
        let id = names::trigger(server, &self.db, &self.trigger_name)?;
        let mut trigger = Trigger::new(id.name, id.database, spec)
            .with_error_behavior(match self.trigger_settings.error_behavior {
                Behavior::Log => ErrorBehavior::Log,
                Behavior::Retry => ErrorBehavior::Retry,
                Behavior::Disable => ErrorBehavior::Disable,
            })
            .with_catch_up(match self.trigger_settings.catch_up {
                Missed::One => CatchUp::One,
                Missed::All => CatchUp::All,
                Missed::Skip => CatchUp::Skip,
            })
            .with_instances(match self.trigger_settings.instance {
                Instance::Auto => Instances::Auto,
                Instance::Fresh => Instances::Fresh,
                Instance::Warm => Instances::Warm(WarmPolicy::default()),
            })
            .with_concurrency(if self.trigger_settings.run_async { ASYNCHRONOUS_RUNS } else { 1 });
        if let Some(retries) = self.trigger_settings.retries {
            trigger = trigger.with_retries(retries);
        }
        for (name, value) in self.trigger_arguments.unwrap_or_default() {
            trigger = trigger.with_argument(name, value);
        }
        for (name, amount) in self.limits {
            let limit: Limit = name.parse().map_err(invalid)?;
            trigger = trigger.with_limit(limit, amount);
        }
        trigger = trigger.with_grants(server.granting.grants(self.grants).map_err(invalid)?);
        let begins = if self.disabled { Begins::Disabled } else { Begins::Enabled };
        Ok(NewTrigger { trigger, plugin: self.plugin_filename, begins })
    }
}

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

    #[test]
    fn both_spellings_of_error_behavior_are_known() {
        for spelling in ["retry", "Retry"] {
            let json = format!(r#"{{"run_async": false, "error_behavior": "{spelling}"}}"#);
            let settings: Settings = serde_json::from_str(&json).unwrap();
            assert!(matches!(settings.error_behavior, Behavior::Retry));
        }
    }

    #[test]
    fn a_trigger_can_stand_in_a_url() {
        let uri = "/x?db=sensors&trigger_name=true&plugin_filename=a.py&trigger_specification=every%3A1s\
                   &trigger_settings=%7B%22run_async%22%3Atrue%7D&limits=%7B%22fuel%22%3A5%7D&disabled=true";
        let definition: Definition = from_url(&uri.parse().unwrap()).unwrap();
        assert_eq!((definition.trigger_name.as_str(), definition.limits["fuel"]), ("true", 5));
        assert!(definition.disabled && definition.trigger_settings.run_async);
        let refusal = from_url::<Definition>(&"/x?db=a&disabled=perhaps".parse().unwrap()).unwrap_err();
        assert!(refusal.body.starts_with("serde error: "));
    }
}
