//! What a tenant's token lets its holder do: `db:sensors,weather:read,write`.

mod scope;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tidegate::DatabaseName;

pub(crate) use scope::Scope;

/// What can be done in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// Query its rows.
    Read,
    /// Write rows to it; it comes into being.
    Write,
    /// Manage its triggers and their plugins, try plugins out, see logs and runs.
    Triggers,
    /// Send requests to its triggers.
    Request,
}

/// Some actions in some databases of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Permission {
    resource_type: Resource,
    #[serde(rename = "resource_identifier")]
    databases: Scope,
    actions: BTreeSet<Action>,
}

/// What a permission is about: there is one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Resource {
    Db,
}

/// All that a tenant's token lets its holder do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Permissions(Vec<Permission>);

impl Action {
    const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Triggers, Self::Request];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Triggers => "triggers",
            Self::Request => "request",
        }
    }
}

impl Permissions {
    /// The databases in which they permit `action`.
    pub(crate) fn scope(&self, action: Action) -> Scope {
        let permitting = self.0.iter().filter(|permission| permission.actions.contains(&action));
        permitting.fold(Scope::default(), |scope, permission| scope.and(&permission.databases))
    }

    /// Whether they permit `action` in a database.
    pub(crate) fn permit(&self, action: Action, database: &DatabaseName) -> bool {
        self.0.iter().any(|permission| permission.actions.contains(&action) && permission.databases.has(database))
    }

    /// Whether they permit nothing at all.
    pub(crate) fn are_empty(&self) -> bool {
        self.0.iter().all(|permission| permission.databases.is_empty() || permission.actions.is_empty())
    }

    /// Whether they permit anything in a database.
    pub(crate) fn show(&self, database: &DatabaseName) -> bool {
        Action::ALL.into_iter().any(|action| self.permit(action, database))
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        Self(permissions.into_iter().collect())
    }
}

const EXPECTED: &str = "a permission is `db:`, names of databases or `*`, `:` and actions out of read, write, triggers and request, \
                        such as db:sensors,weather:read,write";

impl FromStr for Permission {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("{EXPECTED}{why}. permission=`{text}`");
        let parts: Vec<_> = text.split(':').collect();
        let [resource, databases, actions] = parts.as_slice() else { return Err(wrong("")) };
        if *resource != "db" {
            return Err(wrong("; there are permissions for databases only"));
        }
        let action = |name: &str| {
            let known = Action::ALL.into_iter().find(|action| action.name() == name.trim());
            known.ok_or_else(|| wrong(&format!("; there is no action `{name}`")))
        };
        let databases: Vec<_> = databases.split(',').map(|name| name.trim().to_owned()).collect();
        Ok(Self {
            resource_type: Resource::Db,
            databases: databases.try_into().map_err(|error| wrong(&format!("; {error}")))?,
            actions: actions.split(',').map(action).collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let databases = Vec::from(self.databases.clone()).join(",");
        let actions: Vec<_> = self.actions.iter().map(|action| action.name()).collect();
        write!(f, "db:{databases}:{}", actions.join(","))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&all.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(texts: &[&str]) -> Permissions {
        texts.iter().map(|text| text.parse::<Permission>().unwrap()).collect()
    }

    fn name(name: &str) -> DatabaseName {
        DatabaseName::new(name).unwrap()
    }

    #[test]
    fn a_permission_is_read_as_it_is_shown() {
        for text in ["db:*:read", "db:a,b:read,write", "db:a/x:triggers,request"] {
            assert_eq!(permissions(&[text]).to_string(), text);
        }
        for wrong in
            ["", "db", "db:a", "db::read", "db:a:", "db:a:own", "system:*:read", "db:a:read:write", "db:a b:read"]
        {
            let error = wrong.parse::<Permission>().unwrap_err();
            assert!(error.ends_with(&format!("permission=`{wrong}`")), "{error}");
        }
    }

    #[test]
    fn each_action_is_permitted_where_it_was_and_nowhere_else() {
        let permissions = permissions(&["db:a,b:read", "db:*:write", "db:a:triggers"]);
        assert!(permissions.permit(Action::Read, &name("b")) && !permissions.permit(Action::Read, &name("c")));
        assert!(permissions.permit(Action::Write, &name("c")) && !permissions.permit(Action::Request, &name("a")));
        assert_eq!(permissions.scope(Action::Write), Scope::All);
        assert_eq!(permissions.scope(Action::Read).names().unwrap().len(), 2);
        assert_eq!(permissions.scope(Action::Request), Scope::default());
        assert!(permissions.show(&name("c")));
    }

    #[test]
    fn the_json_is_that_of_influxdb_3_enterprise() {
        let json =
            serde_json::json!({"resource_type": "db", "resource_identifier": ["*"], "actions": ["read", "write"]});
        let permission: Permission = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(permission.to_string(), "db:*:read,write");
        assert_eq!(serde_json::to_value(permission).unwrap(), json);
        let other = serde_json::json!({"resource_type": "system", "resource_identifier": ["*"], "actions": ["read"]});
        assert!(serde_json::from_value::<Permission>(other).is_err());
    }
}
