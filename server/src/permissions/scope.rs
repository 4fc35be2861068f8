//! Some of a tenant's databases, or all of them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tidegate::DatabaseName;

/// What stands for all of a tenant's databases.
const ALL: &str = "*";

/// Some of a tenant's databases, or all of them, whichever there will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub(crate) enum Scope {
    All,
    Some(BTreeSet<DatabaseName>),
}

impl Default for Scope {
    fn default() -> Self {
        Self::Some(BTreeSet::new())
    }
}

impl Scope {
    /// Whether a database is one of them.
    pub(crate) fn has(&self, database: &DatabaseName) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.contains(database),
        }
    }

    /// Whether all of `other` are among them.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::All | Self::Some(_)) => true,
            (Self::Some(_), Self::All) => false,
            (Self::Some(names), Self::Some(others)) => others.is_subset(names),
        }
    }

    /// These and `other`.
    pub(super) fn and(self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, _) | (_, Self::All) => Self::All,
            (Self::Some(names), Self::Some(others)) => Self::Some(names.union(others).cloned().collect()),
        }
    }

    /// Their names, if not all are meant.
    pub(crate) fn names(&self) -> Option<&BTreeSet<DatabaseName>> {
        match self {
            Self::All => None,
            Self::Some(names) => Some(names),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.names().is_some_and(BTreeSet::is_empty)
    }
}

impl TryFrom<Vec<String>> for Scope {
    type Error = String;

    fn try_from(names: Vec<String>) -> Result<Self, String> {
        if names.iter().any(|name| name == ALL) {
            return Ok(Self::All);
        }
        let names = names.iter().map(DatabaseName::new).collect::<Result<_, _>>();
        names.map(Self::Some).map_err(|error| error.to_string())
    }
}

impl From<Scope> for Vec<String> {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::All => vec![ALL.to_owned()],
            Scope::Some(names) => names.iter().map(ToString::to_string).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(names: &[&str]) -> Scope {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn all_databases_cover_some_and_never_the_other_way_round() {
        let (all, one, two) = (scope(&["*"]), scope(&["a"]), scope(&["a", "b"]));
        assert!(all.covers(&all) && all.covers(&two) && two.covers(&one));
        assert!(!two.covers(&all) && !one.covers(&two));
        assert_eq!(one.clone().and(&scope(&["b"])), two);
        assert_eq!(one.and(&all), all);
    }

    #[test]
    fn no_name_is_no_database() {
        let none = scope(&[]);
        assert!(none.is_empty() && !none.has(&DatabaseName::new("a").unwrap()));
        assert!(Scope::try_from(vec!["a b".to_owned()]).is_err());
    }
}
