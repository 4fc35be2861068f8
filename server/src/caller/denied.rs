//! What a caller may not do, and what would help.

use std::fmt;

use tidegate::DatabaseName;

use crate::permissions::Action;

/// Why a caller may not do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Denied {
    /// The caller may do nothing in this database, and so it is not there.
    Hidden(DatabaseName),
    /// The caller may do other things in this database.
    Lacks(Action, DatabaseName),
    /// Only administrators may.
    NotAdministrator,
    /// It would give a trigger more than the caller has.
    Beyond(String),
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hidden(name) => write!(f, "database not found: {name}"),
            Self::Lacks(action, name) => write!(
                f,
                "the token does not permit this; an administrator can make one that does. needs=`db:{name}:{}`",
                action.name()
            ),
            Self::NotAdministrator => f.write_str("only an administrator may do this; use an administrator's token"),
            Self::Beyond(reason) => f.write_str(reason),
        }
    }
}
