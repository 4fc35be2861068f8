//! Names that clients send, checked. The rules and texts for databases are
//! InfluxDB 3's, stricter than those for plugins.

use axum::http::StatusCode;
use tidegate::{BadName, DatabaseId, DatabaseName, TriggerId, TriggerName};

use super::refusal::Refusal;
use crate::caller::Caller;
use crate::permissions::Action;

/// The most characters of a database's name.
const MAX_LENGTH: usize = 511;

/// The database that a client calls `name`, for `action`.
pub(super) fn database(caller: &Caller, action: Action, name: &str) -> Result<DatabaseId, Refusal> {
    check_database(name).map_err(|reason| Refusal::error(StatusCode::BAD_REQUEST, reason))?;
    existing(caller, action, name)
}

/// The database called `name` that is there already: plugins may have given it a
/// name that clients may not give.
pub(super) fn existing(caller: &Caller, action: Action, name: &str) -> Result<DatabaseId, Refusal> {
    let invalid = |error: BadName| Refusal::error(StatusCode::BAD_REQUEST, error.to_string());
    Ok(caller.database(action, DatabaseName::new(name).map_err(invalid)?)?)
}

/// The trigger that a client calls `name`, in the database `db`.
pub(super) fn trigger(caller: &Caller, db: &str, name: &str) -> Result<TriggerId, Refusal> {
    Ok(TriggerId { database: database(caller, Action::Triggers, db)?, name: trigger_name(name)? })
}

/// The name of a trigger, in whichever database.
pub(super) fn trigger_name(name: &str) -> Result<TriggerName, Refusal> {
    TriggerName::new(name).map_err(|error| Refusal::text(StatusCode::BAD_REQUEST, error.to_string()))
}

fn check_database(name: &str) -> Result<(), &'static str> {
    let policy = name.split_once('/').map(|(_, policy)| policy);
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'/');
    match name.bytes().next() {
        None => Err("db name cannot be empty"),
        Some(c) if !c.is_ascii_alphanumeric() => Err("db name did not start with a number or letter"),
        Some(_) if name.len() > MAX_LENGTH => Err("db name too long: max 511"),
        Some(_) if !name.bytes().all(allowed) => Err(
            "invalid character in database or rp name: must be ASCII, containing only letters, numbers, underscores, or hyphens",
        ),
        Some(_) if policy.is_some_and(|policy| policy.is_empty() || policy.contains('/')) => Err(
            "db name with invalid retention policy, if providing a retention policy name, must be of form '<db_name>/<rp_name>'",
        ),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_names_follow_the_incumbents_rules() {
        for name in ["sensors", "1", "a-b_c", "sensors/autogen"] {
            assert_eq!(check_database(name), Ok(()), "{name}");
        }
        for (name, beginning) in [
            ("", "db name cannot be empty"),
            ("_internal", "db name did not start"),
            ("a b", "invalid character"),
            ("ä", "db name did not start"),
            ("a/b/c", "db name with invalid retention"),
            ("a/", "db name with invalid retention"),
        ] {
            assert!(check_database(name).unwrap_err().starts_with(beginning), "{name}");
        }
        assert_eq!(check_database(&"a".repeat(512)), Err("db name too long: max 511"));
    }
}
