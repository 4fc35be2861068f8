//! What triggers are granted: as clients write it, and with the values that
//! only the server has.

mod secrets;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tidegate::{BadName, DatabaseName, Grants, HttpGrant, Secret, VariableName};

pub(crate) use secrets::Secrets;

/// Grants by name, as clients write and read them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NamedGrants {
    pub(crate) http: BTreeSet<String>,
    pub(crate) env: BTreeSet<String>,
    pub(crate) secrets: BTreeSet<String>,
    /// All of the tenant's if there is none.
    pub(crate) read_databases: Option<BTreeSet<String>>,
    pub(crate) write_databases: Option<BTreeSet<String>>,
}

/// One grant on the command line, such as `http=GET https://api.example.com`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedGrant {
    kind: Kind,
    what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Env,
    Secret,
    Read,
    Write,
}

impl FromStr for NamedGrant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const EXPECTED: &str = "a grant is one of: http=METHOD ORIGIN, env=NAME, secret=NAME, read=DATABASE, \
                                write=DATABASE";
        let (kind, what) = text.split_once('=').ok_or(EXPECTED)?;
        let kind = match kind {
            "http" => Kind::Http,
            "env" => Kind::Env,
            "secret" => Kind::Secret,
            "read" => Kind::Read,
            "write" => Kind::Write,
            _ => return Err(EXPECTED.to_owned()),
        };
        let grant = Self { kind, what: what.trim().to_owned() };
        // Checked here, so that a mistake is found before anything is sent.
        NamedGrants::from_iter([grant.clone()]).check()?;
        Ok(grant)
    }
}

impl FromIterator<NamedGrant> for NamedGrants {
    fn from_iter<I: IntoIterator<Item = NamedGrant>>(grants: I) -> Self {
        let mut all = Self::default();
        for NamedGrant { kind, what } in grants {
            match kind {
                Kind::Http => all.http.insert(what),
                Kind::Env => all.env.insert(what),
                Kind::Secret => all.secrets.insert(what),
                Kind::Read => all.read_databases.get_or_insert_default().insert(what),
                Kind::Write => all.write_databases.get_or_insert_default().insert(what),
            };
        }
        all
    }
}

impl NamedGrants {
    /// These grants and those of `other`.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.http.extend(other.http);
        self.env.extend(other.env);
        self.secrets.extend(other.secrets);
        for (mine, others) in
            [(&mut self.read_databases, other.read_databases), (&mut self.write_databases, other.write_databases)]
        {
            if let Some(others) = others {
                mine.get_or_insert_default().extend(others);
            }
        }
        self
    }

    /// The names of what a trigger was granted, without any value.
    pub(crate) fn of(grants: &Grants) -> Self {
        let names = |all: &BTreeMap<VariableName, Secret>| all.keys().map(ToString::to_string).collect();
        let databases = |listed: &Option<BTreeSet<DatabaseName>>| {
            listed.as_ref().map(|listed| listed.iter().map(ToString::to_string).collect())
        };
        Self {
            http: grants.http.iter().map(ToString::to_string).collect(),
            env: names(&grants.variables),
            secrets: names(&grants.secrets),
            read_databases: databases(&grants.read_databases),
            write_databases: databases(&grants.write_databases),
        }
    }

    /// Whether all of them are well formed, whatever values there are.
    ///
    /// # Errors
    /// What is wrong with the first that is not.
    fn check(&self) -> Result<(), String> {
        self.resolve(|_| Ok(Secret::new("")), |_| Ok(Secret::new(""))).map(|_| ())
    }

    fn resolve(
        &self,
        variable: impl Fn(&str) -> Result<Secret, String>,
        secret: impl Fn(&str) -> Result<Secret, String>,
    ) -> Result<Grants, String> {
        if let Some(both) = self.env.intersection(&self.secrets).next() {
            return Err(format!("a name is granted as env and as secret; choose one of them. name=`{both}`"));
        }
        let databases = |listed: &Option<BTreeSet<String>>| {
            let names =
                |listed: &BTreeSet<String>| listed.iter().map(DatabaseName::new).collect::<Result<_, BadName>>();
            listed.as_ref().map(names).transpose().map_err(|error| error.to_string())
        };
        let valued = |names: &BTreeSet<String>, value: &dyn Fn(&str) -> Result<Secret, String>| {
            names.iter().map(|name| Ok((VariableName::new(name)?, value(name)?))).collect::<Result<_, String>>()
        };
        Ok(Grants {
            read_databases: databases(&self.read_databases)?,
            write_databases: databases(&self.write_databases)?,
            http: self.http.iter().map(|grant| grant.parse::<HttpGrant>()).collect::<Result<_, _>>()?,
            variables: valued(&self.env, &variable)?,
            secrets: valued(&self.secrets, &secret)?,
        })
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Display for NamedGrants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |kind: &'static str, what: &BTreeSet<String>| {
            what.iter().map(|what| format!("{kind}={what}")).collect::<Vec<_>>()
        };
        let databases = |kind, what: &Option<_>| what.as_ref().map(|what| listed(kind, what)).unwrap_or_default();
        let all = [
            listed("http", &self.http),
            listed("env", &self.env),
            listed("secret", &self.secrets),
            databases("read", &self.read_databases),
            databases("write", &self.write_databases),
        ];
        f.write_str(&all.concat().join(", "))
    }
}

/// What gives grants their values.
#[derive(Debug, Default)]
pub(crate) struct Granting {
    /// What every trigger is granted.
    defaults: NamedGrants,
    secrets: Secrets,
}

impl Granting {
    /// Grants `defaults` to every trigger, and secrets out of `secrets`.
    ///
    /// # Errors
    /// If one of the defaults has no value.
    pub(crate) fn new(defaults: Vec<NamedGrant>, secrets: Secrets) -> Result<Self, String> {
        let granting = Self { defaults: defaults.into_iter().collect(), secrets };
        granting.grants(NamedGrants::default())?;
        Ok(granting)
    }

    /// The grants of a trigger: what it was given by name, and the defaults.
    ///
    /// # Errors
    /// If one is not well formed or has no value here.
    pub(crate) fn grants(&self, named: NamedGrants) -> Result<Grants, String> {
        let named = self.defaults.clone().and(named);
        if named.is_default() {
            return Ok(Grants::default());
        }
        named.resolve(variable, |name| self.secrets.get(name))
    }
}

fn variable(name: &str) -> Result<Secret, String> {
    std::env::var(name).map(Secret::new).map_err(|error| match error {
        std::env::VarError::NotPresent => format!(
            "the server has no such environment variable; start it with {name} set, or leave `env={name}` away. \
             name=`{name}`"
        ),
        std::env::VarError::NotUnicode(_) => format!("the environment variable is no UTF-8. name=`{name}`"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(grants: &[&str]) -> NamedGrants {
        grants.iter().map(|grant| grant.parse::<NamedGrant>().unwrap()).collect()
    }

    #[test]
    fn grants_are_shown_as_they_are_written() {
        let all = ["http=GET https://api.example.com", "env=PATH", "secret=PAGER_KEY", "read=a", "read=b", "write=c"];
        assert_eq!(named(&all).to_string(), all.join(", "));
        let json = serde_json::to_string(&named(&all)).unwrap();
        assert_eq!(serde_json::from_str::<NamedGrants>(&json).unwrap(), named(&all));
        assert!(serde_json::from_str::<NamedGrants>(r#"{"htpp": []}"#).is_err());
    }

    #[test]
    fn a_grant_that_is_none_is_refused_with_what_to_write_instead() {
        for (text, says) in [
            ("https://api.example.com", "one of: http="),
            ("url=x", "one of: http="),
            ("http=https://api.example.com", "write both"),
            ("http=GET https://api.example.com/v1", "leave the path away"),
            ("env=A B", "letters, digits"),
            ("secret=TZ", "every trigger has"),
            ("read=a b", "invalid character"),
        ] {
            let error = text.parse::<NamedGrant>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }

    #[test]
    fn a_trigger_has_the_defaults_and_its_own() {
        let defaults = vec!["http=GET https://a.example".parse().unwrap(), "env=PATH".parse().unwrap()];
        let granting = Granting::new(defaults, Secrets::default()).unwrap();
        let grants = granting.grants(named(&["http=* http://127.0.0.1:1"])).unwrap();
        let shown = NamedGrants::of(&grants).to_string();
        assert_eq!(shown, "http=* http://127.0.0.1:1, http=GET https://a.example, env=PATH");
        let path = std::env::var("PATH").unwrap();
        assert_eq!(grants.variables.values().next().unwrap().expose(), path);
        assert!(!format!("{grants:?}").contains(&path));
    }

    #[test]
    fn a_variable_or_secret_that_is_missing_is_named() {
        let granting = Granting::default();
        let error = granting.grants(named(&["env=TIDEGATE_NOT_SET"])).unwrap_err();
        assert!(error.contains("name=`TIDEGATE_NOT_SET`"), "{error}");
        let error = granting.grants(named(&["secret=PAGER_KEY"])).unwrap_err();
        assert!(error.contains("--secrets-file") && error.contains("name=`PAGER_KEY`"), "{error}");
        assert!(granting.grants(named(&["env=PATH"]).and(named(&["secret=PATH"]))).is_err());
    }
}
