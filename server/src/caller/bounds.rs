//! What a caller may give a trigger: never more than the caller has.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tidegate::{DatabaseName, Host, HttpGrant, Limit, Limits, Reach, TriggerSpec};

use super::{Caller, Denied};
use crate::grants::NamedGrants;
use crate::permissions::{Action, Scope};

/// What the creator of a trigger could read and write then, and the trigger can
/// since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Creator {
    read: Scope,
    write: Scope,
}

/// What a trigger is to be given.
pub(crate) struct Given<'a> {
    pub(crate) grants: &'a NamedGrants,
    pub(crate) limits: &'a BTreeMap<String, u64>,
    pub(crate) spec: &'a str,
    pub(crate) plugin: &'a str,
}

impl Given<'_> {
    // A spec that is wrong is refused for that.
    fn is_on_write(&self) -> bool {
        matches!(self.spec.parse(), Ok(TriggerSpec::Write(_)))
    }
}

impl Creator {
    /// The grants with the databases that the creator could use, where none are
    /// listed.
    pub(crate) fn complete(&self, grants: NamedGrants) -> NamedGrants {
        let names = |scope: &Scope| scope.names().map(|names| names.iter().map(ToString::to_string).collect());
        NamedGrants {
            read_databases: grants.read_databases.or_else(|| names(&self.read)),
            write_databases: grants.write_databases.or_else(|| names(&self.write)),
            ..grants
        }
    }
}

impl Caller {
    /// What a trigger of this caller can read and write; of an administrator,
    /// everything that its tenant owns.
    pub(crate) fn as_creator(&self) -> Option<Creator> {
        let scopes = || Creator { read: self.scope(Action::Read), write: self.scope(Action::Write) };
        (!self.is_administrator()).then(scopes)
    }

    /// Whether the caller could have created what `creator` has.
    pub(crate) fn covers(&self, creator: Option<&Creator>) -> bool {
        let within = |creator: &Creator| {
            self.scope(Action::Read).covers(&creator.read) && self.scope(Action::Write).covers(&creator.write)
        };
        self.is_administrator() || creator.is_some_and(within)
    }

    /// Whether the caller may give all that to a trigger.
    ///
    /// # Errors
    /// [`Denied`] names the first that is too much.
    pub(crate) fn may_give(&self, given: &Given<'_>) -> Result<(), Denied> {
        if self.is_administrator() {
            return Ok(());
        }
        self.check_grants(given.grants)?;
        check_limits(given, &if given.is_on_write() { Limits::for_writes() } else { Limits::default() })
    }

    /// Whether the caller may have such a trigger in `database`: rows that are
    /// written are handed to the plugin.
    ///
    /// # Errors
    /// [`Denied::Lacks`] if the caller may not read them.
    pub(crate) fn may_be_told(&self, given: &Given<'_>, database: &DatabaseName) -> Result<(), Denied> {
        if given.is_on_write() && !self.scope(Action::Read).has(database) {
            return Err(Denied::Lacks(Action::Read, database.clone()));
        }
        Ok(())
    }

    fn check_grants(&self, grants: &NamedGrants) -> Result<(), Denied> {
        for (action, listed) in [(Action::Read, &grants.read_databases), (Action::Write, &grants.write_databases)] {
            self.check_databases(action, listed.as_ref())?;
        }
        let only = |kind: &str, what: &str| {
            Err(Denied::Beyond(format!("only an administrator may grant this to a trigger. grant=`{kind}={what}`")))
        };
        if let Some(name) = grants.env.first() {
            return only("env", name);
        }
        if let Some(name) = grants.secrets.first() {
            return only("secret", name);
        }
        match grants.http.iter().find(|grant| leads_inside(grant)) {
            Some(grant) => only("http", grant),
            None => Ok(()),
        }
    }

    fn check_databases(&self, action: Action, listed: Option<&BTreeSet<String>>) -> Result<(), Denied> {
        let scope = self.scope(action);
        // A name that is none is refused for that.
        let mut names = listed.into_iter().flatten().filter_map(|name| DatabaseName::new(name).ok());
        names.find(|name| !scope.has(name)).map_or(Ok(()), |name| Err(Denied::Lacks(action, name)))
    }
}

/// Whether a grant is for the server's own machine or network, or may be: an
/// address is not resolved, and so not looked at later.
fn leads_inside(grant: &str) -> bool {
    grant.parse::<HttpGrant>().is_ok_and(|grant| {
        let is_name = matches!(grant.origin().host(), Host::Name(name) if name != "localhost");
        !is_name || grant.reach() == Reach::Private
    })
}

fn check_limits(given: &Given<'_>, defaults: &Limits) -> Result<(), Denied> {
    for (name, amount) in given.limits {
        // One that is unknown is refused for that.
        let Ok(limit) = name.parse::<Limit>() else { continue };
        let default = if limit == Limit::Memory && !is_component(given.plugin) {
            u64::try_from(defaults.runner_memory_bytes).unwrap_or(u64::MAX)
        } else {
            defaults.get(limit)
        };
        if *amount > default {
            return Err(Denied::Beyond(format!(
                "only an administrator may raise a limit over its default. limit=`{name}` default=`{default}` asked=`{amount}`"
            )));
        }
    }
    Ok(())
}

fn is_component(plugin: &str) -> bool {
    std::path::Path::new(plugin).extension().is_some_and(|extension| extension == "wasm")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tidegate::TenantId;

    fn caller() -> Caller {
        let permissions = ["db:a:read,triggers", "db:a,b:write"].map(|text| text.parse().unwrap());
        Caller::permitted(TenantId::new("acme").unwrap(), permissions.into_iter().collect())
    }

    fn given(spec: &str, grants: NamedGrants, limits: &[(&str, u64)]) -> Result<(), Denied> {
        let limits = limits.iter().map(|(name, amount)| ((*name).to_owned(), *amount)).collect();
        let given = Given { grants: &grants, limits: &limits, spec, plugin: "a.py" };
        caller().may_give(&given)
    }

    fn grants(texts: &[&str]) -> NamedGrants {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_trigger_reaches_by_default_what_its_creator_may() {
        let complete = caller().as_creator().unwrap().complete(NamedGrants::default());
        assert_eq!(complete.to_string(), "read=a, write=a, write=b");
        let listed = caller().as_creator().unwrap().complete(grants(&["write=b"]));
        assert_eq!(listed.to_string(), "read=a, write=b");
        assert_eq!(Caller::administrator(TenantId::default_tenant()).as_creator(), None);
    }

    #[test]
    fn nothing_is_granted_that_the_creator_has_not() {
        for allowed in [&["read=a", "write=b"][..], &["http=GET https://api.example.com"]] {
            assert_eq!(given("every:1s", grants(allowed), &[]), Ok(()), "{allowed:?}");
        }
        for (refused, says) in [
            ("read=b", "needs=`db:b:read`"),
            ("write=c", "needs=`db:c:write`"),
            ("env=HOME", "grant=`env=HOME`"),
            ("secret=KEY", "grant=`secret=KEY`"),
            ("http=GET http://127.0.0.1:80", "grant=`http=GET http://127.0.0.1:80`"),
            ("http=GET http://localhost", "only an administrator"),
            ("http=GET http://[::1]", "only an administrator"),
            ("http=* http://169.254.169.254", "only an administrator"),
            ("http=GET http://a.example private", "only an administrator"),
        ] {
            let denied = given("every:1s", grants(&[refused]), &[]).unwrap_err().to_string();
            assert!(denied.contains(says), "{refused}: {denied}");
        }
    }

    #[test]
    fn limits_are_lowered_only() {
        let fuel = Limits::for_writes().fuel;
        let none = NamedGrants::default;
        assert_eq!(given("all_tables", none(), &[("fuel", fuel), ("memory_bytes", 128 << 20)]), Ok(()));
        let denied = given("all_tables", none(), &[("fuel", fuel + 1)]).unwrap_err().to_string();
        assert!(denied.contains(&format!("limit=`fuel` default=`{fuel}`")), "{denied}");
        assert_eq!(given("every:1s", none(), &[("fuel", fuel + 1)]), Ok(()));
        assert!(given("every:1s", none(), &[("memory_bytes", (128 << 20) + 1)]).is_err());
    }

    #[test]
    fn a_trigger_on_written_rows_is_for_those_who_may_read_them() {
        let permissions = ["db:a:triggers".parse().unwrap()].into_iter().collect();
        let blind = Caller::permitted(TenantId::new("acme").unwrap(), permissions);
        let (grants, limits) = (NamedGrants::default(), BTreeMap::new());
        let given = |spec| Given { grants: &grants, limits: &limits, spec, plugin: "a.py" };
        let database = DatabaseName::new("a").unwrap();
        assert_eq!(
            blind.may_be_told(&given("table:cpu"), &database),
            Err(Denied::Lacks(Action::Read, database.clone()))
        );
        assert_eq!(blind.may_be_told(&given("every:1s"), &database), Ok(()));
        assert_eq!(caller().may_be_told(&given("all_tables"), &database), Ok(()));
    }

    #[test]
    fn what_others_created_is_covered_if_it_is_no_wider() {
        let creator = caller().as_creator();
        assert!(caller().covers(creator.as_ref()) && !caller().covers(None));
        assert!(Caller::administrator(TenantId::default_tenant()).covers(None));
        let permissions = ["db:a:read".parse().unwrap()].into_iter().collect();
        assert!(!Caller::permitted(TenantId::new("acme").unwrap(), permissions).covers(creator.as_ref()));
    }
}
