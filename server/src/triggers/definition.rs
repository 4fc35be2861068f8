//! A trigger as clients define it, and as the catalog keeps it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tidegate::{CatchUp, ErrorBehavior, Instances, Limit, Trigger, TriggerId, TriggerSpec, WarmPolicy};

use crate::caller::{Creator, Given};
use crate::grants::{Granting, NamedGrants};

/// A trigger as clients define it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Definition {
    pub(crate) db: String,
    pub(crate) trigger_name: String,
    pub(crate) plugin_filename: String,
    pub(crate) trigger_specification: String,
    pub(crate) trigger_settings: Settings,
    #[serde(default)]
    pub(crate) trigger_arguments: Option<BTreeMap<String, String>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) limits: BTreeMap<String, u64>,
    #[serde(default)]
    pub(crate) grants: NamedGrants,
    #[serde(default)]
    pub(crate) disabled: bool,
    /// Why it has disabled itself, if it has. Clients do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<String>,
    /// What whoever created it could reach; none for an administrator. Clients do
    /// not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) creator: Option<Creator>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(default)]
    pub(crate) run_async: bool,
    #[serde(default)]
    pub(crate) error_behavior: Behavior,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    #[serde(default)]
    catch_up: Missed,
    #[serde(default)]
    instance: Instance,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Instance {
    #[default]
    Auto,
    Fresh,
    Warm,
}

// Upper case stands in InfluxDB 3's guide, lower case in its code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Behavior {
    #[default]
    #[serde(alias = "Log")]
    Log,
    #[serde(alias = "Retry")]
    Retry,
    #[serde(alias = "Disable")]
    Disable,
}

/// What becomes of times that a schedule missed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Missed {
    #[default]
    One,
    All,
    Skip,
}

/// How many runs an asynchronous trigger may have in progress.
const ASYNCHRONOUS_RUNS: usize = 4;

/// What can be changed of a definition.
const CHANGEABLE: [&str; 6] =
    ["plugin_filename", "trigger_specification", "trigger_settings", "trigger_arguments", "limits", "grants"];

impl Definition {
    /// The trigger that it defines, as far as it can be checked without the
    /// plugin.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn trigger(&self, id: TriggerId, granting: &Granting) -> Result<Trigger, String> {
        let spec: TriggerSpec = self.trigger_specification.parse().map_err(|error| format!("{error}"))?;
        let settings = &self.trigger_settings;
        let mut trigger = Trigger::new(id.name, id.database, spec)
            .with_error_behavior(match settings.error_behavior {
                Behavior::Log => ErrorBehavior::Log,
                Behavior::Retry => ErrorBehavior::Retry,
                Behavior::Disable => ErrorBehavior::Disable,
            })
            .with_catch_up(match settings.catch_up {
                Missed::One => CatchUp::One,
                Missed::All => CatchUp::All,
                Missed::Skip => CatchUp::Skip,
            })
            .with_instances(match settings.instance {
                Instance::Auto => Instances::Auto,
                Instance::Fresh => Instances::Fresh,
                Instance::Warm => Instances::Warm(WarmPolicy::default()),
            })
            .with_concurrency(if settings.run_async { ASYNCHRONOUS_RUNS } else { 1 });
        if let Some(retries) = settings.retries {
            trigger = trigger.with_retries(retries);
        }
        for (name, value) in self.trigger_arguments.iter().flatten() {
            trigger = trigger.with_argument(name, value);
        }
        for (name, amount) in &self.limits {
            let limit: Limit = name.parse()?;
            trigger = trigger.with_limit(limit, *amount);
        }
        let grants = self.grants.clone();
        let grants = match &self.creator {
            Some(creator) => creator.complete(grants),
            None => grants,
        };
        Ok(trigger.with_grants(granting.grants(grants)?))
    }

    /// What it gives its trigger.
    pub(crate) fn given(&self) -> Given<'_> {
        Given {
            grants: &self.grants,
            limits: &self.limits,
            spec: &self.trigger_specification,
            plugin: &self.plugin_filename,
        }
    }

    /// The same with what `changes` says otherwise. Settings are changed one by
    /// one, everything else as a whole.
    ///
    /// # Errors
    /// If something else is to be changed, or to what it cannot be.
    pub(crate) fn with(&self, changes: Map<String, Value>) -> Result<Self, String> {
        let failed = |error: serde_json::Error| format!("serde json error: {error}");
        let mut definition = serde_json::to_value(self).map_err(failed)?;
        for (name, change) in changes {
            if !CHANGEABLE.contains(&name.as_str()) {
                let known = CHANGEABLE.join(", ");
                return Err(format!(
                    "this cannot be changed; create another trigger. field=`{name}` changeable=`{known}`"
                ));
            }
            match (definition.get_mut(&name), change) {
                (Some(Value::Object(settings)), Value::Object(changed)) if name == "trigger_settings" => {
                    settings.extend(changed);
                }
                (Some(Value::Object(_)), change) if !change.is_object() => {
                    return Err(format!("this is a JSON object. field=`{name}`"));
                }
                (Some(field), change) => *field = change,
                (None, change) => {
                    if let Value::Object(fields) = &mut definition {
                        fields.insert(name, change);
                    }
                }
            }
        }
        serde_json::from_value(definition).map_err(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definition() -> Definition {
        let json = json!({"db": "db", "trigger_name": "t", "plugin_filename": "a.py", "trigger_specification": "every:1s",
            "trigger_settings": {"run_async": true, "error_behavior": "retry"}});
        serde_json::from_value(json).unwrap()
    }

    fn with(changes: Value) -> Result<Definition, String> {
        definition().with(changes.as_object().unwrap().clone())
    }

    #[test]
    fn both_spellings_of_error_behavior_are_known() {
        for spelling in ["retry", "Retry"] {
            let settings: Settings = serde_json::from_value(json!({"error_behavior": spelling})).unwrap();
            assert_eq!(settings.error_behavior, Behavior::Retry);
        }
    }

    #[test]
    fn settings_are_changed_one_by_one_and_the_rest_as_a_whole() {
        let changed = with(json!({"trigger_settings": {"run_async": false}, "limits": {"fuel": 5}})).unwrap();
        assert_eq!((changed.trigger_settings.run_async, changed.limits["fuel"]), (false, 5));
        assert_eq!(changed.trigger_settings.error_behavior, Behavior::Retry);
        assert_eq!(changed.plugin_filename, "a.py");
        assert!(changed.with(json!({"limits": {}}).as_object().unwrap().clone()).unwrap().limits.is_empty());
    }

    #[test]
    fn what_cannot_be_changed_is_named() {
        assert!(with(json!({"disabled": true})).unwrap_err().contains("field=`disabled`"));
        assert!(with(json!({"trigger_specification": 5})).unwrap_err().contains("serde json error"));
        assert!(with(json!({"trigger_settings": []})).unwrap_err().contains("is a JSON object"));
        assert!(with(json!({"trigger_settings": {"speed": 1}})).unwrap_err().contains("unknown field `speed`"));
    }
}
