//! Names, checked once when they are made and cheap to clone.

use std::fmt;
use std::sync::Arc;

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadName(String);

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadName {}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `name` and keeps it.
            ///
            /// # Errors
            /// [`BadName`] says what is wrong with it.
            pub fn new(name: impl AsRef<str>) -> Result<Self, BadName> {
                let name = name.as_ref();
                $check(name)?;
                Ok(Self(name.into()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// Whose databases and triggers something is.
    TenantId, check_plain
}
name! {
    /// A database's name, unique within its tenant.
    DatabaseName, check_database
}
name! {
    /// A table's name. Line protocol allows nearly anything.
    TableName, check_table
}
name! {
    /// A trigger's name, unique within its database.
    TriggerName, check_plain
}

impl TenantId {
    /// The tenant of everything for which none is named.
    #[must_use]
    pub fn default_tenant() -> Self {
        Self("default".into())
    }
}

/// A database of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId {
    /// Whose it is.
    pub tenant: TenantId,
    /// What the tenant calls it.
    pub name: DatabaseName,
}

impl From<DatabaseName> for DatabaseId {
    fn from(name: DatabaseName) -> Self {
        Self { tenant: TenantId::default_tenant(), name }
    }
}

impl fmt::Display for DatabaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.name, f)
    }
}

/// A trigger of a database.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TriggerId {
    /// Where it lives.
    pub database: DatabaseId,
    /// What it is called there.
    pub name: TriggerName,
}

impl TriggerId {
    /// Whose it is.
    #[must_use]
    pub fn tenant(&self) -> &TenantId {
        &self.database.tenant
    }
}

impl fmt::Display for TriggerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.database, self.name)
    }
}

/// The longest name, in characters, as in InfluxDB 3.
const MAX_CHARS: usize = 511;

// The texts of the database checks are InfluxDB 3's: plugins print them.
fn check_database(name: &str) -> Result<(), BadName> {
    if !(1..=MAX_CHARS).contains(&name.chars().count()) {
        return Err(BadName(format!("database name {name} length must be between 1 and {MAX_CHARS} characters")));
    }
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '/' | '_' | '-');
    match name.chars().position(|c| !allowed(c)) {
        None => Ok(()),
        Some(at) => Err(BadName(format!(
            "database name '{name}' contains invalid character, character number {at} is not allowed"
        ))),
    }
}

fn check_table(name: &str) -> Result<(), BadName> {
    if name.is_empty() || name.contains(['\n', '\0']) {
        return Err(BadName(format!("a table name must have a character, and no newline or NUL. name=`{name}`")));
    }
    Ok(())
}

fn check_plain(name: &str) -> Result<(), BadName> {
    let fits = (1..=MAX_CHARS).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) {
        return Err(BadName(format!(
            "a name must have 1 to {MAX_CHARS} characters, none of them a control character. name=`{}`",
            name.escape_debug()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_name_says_which_character_is_wrong() {
        let error = DatabaseName::new("bad db").unwrap_err();
        assert_eq!(
            error.to_string(),
            "database name 'bad db' contains invalid character, character number 3 is not allowed"
        );
    }

    #[test]
    fn database_names_have_1_to_511_characters() {
        assert!(DatabaseName::new("").is_err());
        assert!(DatabaseName::new("ä".repeat(511)).is_ok());
        assert!(DatabaseName::new("ä".repeat(512)).is_err());
    }

    #[test]
    fn a_table_name_may_be_anything_on_one_line() {
        assert!(TableName::new("my table, \"quoted\"").is_ok());
        assert!(TableName::new("two\nlines").is_err());
    }
}
