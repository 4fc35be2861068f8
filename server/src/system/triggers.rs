//! `system.processing_engine_triggers`, and the arguments of triggers.

use serde_json::json;
use tidegate::{Schedule, TableSelection, TriggerSpec, TriggerState, TriggerStatus};

use super::View;
use super::columns::{Cell, Column};
use crate::permissions::Action;
use crate::plugins;
use crate::triggers::{Behavior, Definition};

/// A trigger: its definition, and how it fares if it could be started.
pub(super) struct Row {
    database: String,
    definition: Definition,
    status: Option<TriggerStatus>,
    /// Why it does not run, if it is not for being disabled.
    reason: Option<String>,
}

// The first five are InfluxDB 3's.
pub(super) const COLUMNS: &[Column<Row>] = &[
    Column("trigger_name", Cell::Text(|row| Some(row.definition.trigger_name.clone()))),
    Column("plugin_filename", Cell::Text(|row| Some(row.definition.plugin_filename.clone()))),
    Column("trigger_specification", Cell::Text(|row| Some(specification(&row.definition)))),
    Column("disabled", Cell::Boolean(|row| Some(is_disabled(row)))),
    Column("error_behavior", Cell::Text(|row| Some(error_behavior(&row.definition).to_owned()))),
    Column("database", Cell::Text(|row| Some(row.database.clone()))),
    Column("run_async", Cell::Boolean(|row| Some(row.definition.trigger_settings.run_async))),
    Column("reason", Cell::Text(|row| row.reason.clone())),
    Column("plugin", Cell::Text(|row| row.status.as_ref().map(plugin))),
    Column("runs", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.runs))),
    Column("failures", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.failures))),
    Column("last_run_id", Cell::Unsigned(|row| Some(row.status.as_ref()?.last_run.as_ref()?.run))),
    Column("last_run_time", Cell::Time(|row| Some(row.status.as_ref()?.last_run.as_ref()?.started.0))),
    Column("last_error", Cell::Text(|row| row.status.as_ref()?.last_run.as_ref()?.error.clone())),
    Column("lag_records", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.lag_records))),
    Column("lost_records", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.lost_records))),
    Column("dead_letters", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.dead_letters))),
    Column("undelivered_rows", Cell::Unsigned(|row| row.status.as_ref().map(|status| status.undelivered_rows))),
];

/// An argument of a trigger: the trigger, the argument's name, its value.
pub(super) type Argument = (String, String, String);

pub(super) const ARGUMENTS: &[Column<Argument>] = &[
    Column("trigger_name", Cell::Text(|(trigger, ..)| Some(trigger.clone()))),
    Column("argument_key", Cell::Text(|(_, key, _)| Some(key.clone()))),
    Column("argument_value", Cell::Text(|(.., value)| Some(value.clone()))),
];

/// The triggers, by database and name; those that could not be started last.
pub(super) fn rows(view: &View) -> Vec<Row> {
    let triggers = &view.server.triggers;
    let running = view.triggers().into_iter().filter_map(|status| {
        let definition = triggers.definition(&status.trigger.id)?;
        let reason = match &status.state {
            TriggerState::Failed(reason) => Some(reason.clone()),
            TriggerState::Enabled => None,
            TriggerState::Disabled => definition.failed.clone(),
        };
        let database = status.trigger.id.database.name.to_string();
        Some(Row { database, definition, status: Some(status), reason })
    });
    let waiting = triggers.not_started(view.caller.tenant()).into_iter();
    let waiting =
        waiting.filter(|(id, ..)| view.shows(Action::Triggers, &id.database)).map(|(id, definition, reason)| Row {
            database: id.database.name.to_string(),
            definition,
            status: None,
            reason: Some(reason),
        });
    running.chain(waiting).collect()
}

/// The arguments of all triggers, by trigger.
pub(super) fn arguments(view: &View) -> Vec<Argument> {
    let arguments = |row: Row| {
        let Definition { trigger_name, trigger_arguments, .. } = row.definition;
        let arguments = trigger_arguments.into_iter().flatten();
        arguments.map(move |(key, value)| (trigger_name.clone(), key, value))
    };
    rows(view).into_iter().flat_map(arguments).collect()
}

fn plugin(status: &TriggerStatus) -> String {
    plugins::filename(status.trigger.id.tenant(), &status.plugin).to_owned()
}

fn is_disabled(row: &Row) -> bool {
    row.status.as_ref().map_or(row.definition.disabled, |status| status.state != TriggerState::Enabled)
}

fn error_behavior(definition: &Definition) -> &'static str {
    match definition.trigger_settings.error_behavior {
        Behavior::Log => "log",
        Behavior::Retry => "retry",
        Behavior::Disable => "disable",
    }
}

/// The spec in InfluxDB 3's JSON; its text if it is none.
fn specification(definition: &Definition) -> String {
    let text = &definition.trigger_specification;
    text.parse().map_or_else(|_| text.clone(), |spec| in_json(&spec))
}

fn in_json(spec: &TriggerSpec) -> String {
    match spec {
        TriggerSpec::Write(TableSelection::All) => json!("all_tables_wal_write").to_string(),
        TriggerSpec::Write(TableSelection::One(table)) => {
            json!({"single_table_wal_write": {"table_name": table.as_str()}}).to_string()
        }
        // Written out: some compare it as text, in which the seconds come first.
        TriggerSpec::Schedule(Schedule::Every(every)) => {
            let (seconds, nanos) = (every.as_secs(), every.subsec_nanos());
            format!(r#"{{"every":{{"duration":{{"secs":{seconds},"nanos":{nanos}}}}}}}"#)
        }
        TriggerSpec::Schedule(Schedule::Cron(cron)) => json!({"schedule": {"schedule": cron.to_string()}}).to_string(),
        TriggerSpec::Request(path) => json!({"request_path": {"path": path}}).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specs_are_written_as_influxdb_3_writes_them() {
        for (spec, json) in [
            ("all_tables", r#""all_tables_wal_write""#),
            ("table:cpu", r#"{"single_table_wal_write":{"table_name":"cpu"}}"#),
            ("cron:* * * * * *", r#"{"schedule":{"schedule":"* * * * * *"}}"#),
            ("every:1m", r#"{"every":{"duration":{"secs":60,"nanos":0}}}"#),
            ("request:a/b", r#"{"request_path":{"path":"a/b"}}"#),
        ] {
            assert_eq!(in_json(&spec.parse().unwrap()), json);
        }
    }
}
