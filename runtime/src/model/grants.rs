//! What a trigger may reach beside its event: databases, hosts, variables.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use super::secret::Redaction;
use super::{DatabaseName, HttpOrigin, Secret};

/// What a trigger may reach beside its event. Without grants: the databases of
/// its tenant, and nothing outside.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// The databases that it may read; all of its tenant's if none are listed.
    pub read_databases: Option<BTreeSet<DatabaseName>>,
    /// The databases that it may write to; all of its tenant's if none are
    /// listed.
    pub write_databases: Option<BTreeSet<DatabaseName>>,
    /// The requests that it may send.
    pub http: Vec<HttpGrant>,
    /// What it finds in its environment.
    pub variables: BTreeMap<VariableName, Secret>,
    /// What it finds there too, and only the operator knows.
    pub secrets: BTreeMap<VariableName, Secret>,
}

/// Which requests a trigger may send: `GET https://api.example.com`,
/// `* http://127.0.0.1:8396`, `GET http://metrics.internal private`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// In upper case; any if there is none.
    method: Option<String>,
    origin: HttpOrigin,
    reach: Reach,
}

/// Where a host's name may lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// To addresses that everybody can reach.
    Public,
    /// To addresses of the machine and its network as well.
    Private,
}

/// The word that grants [`Reach::Private`].
const PRIVATE: &str = "private";
/// The longest method.
const LONGEST_METHOD: usize = 32;

impl HttpGrant {
    /// The method that it is for; any if there is none.
    #[must_use]
    pub fn method(&self) -> Option<&str> {
        self.method.as_deref()
    }

    /// Where the requests go.
    #[must_use]
    pub fn origin(&self) -> &HttpOrigin {
        &self.origin
    }

    /// Where the host's name may lead.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    fn covers(&self, method: &str, origin: &HttpOrigin) -> bool {
        self.origin == *origin && self.method.as_deref().is_none_or(|granted| granted == method)
    }
}

/// A method in the one spelling that is sent and granted.
///
/// # Errors
/// In words, if it is none.
pub(crate) fn method(text: &str) -> Result<String, String> {
    let allowed = |c: u8| c.is_ascii_alphabetic() || c == b'-';
    if text.is_empty() || text.len() > LONGEST_METHOD || !text.bytes().all(allowed) {
        return Err("a method is a word such as GET or POST".to_owned());
    }
    let method = text.to_ascii_uppercase();
    if method == "CONNECT" || method == "TRACE" {
        return Err("the methods CONNECT and TRACE are not sent".to_owned());
    }
    Ok(method)
}

impl FromStr for HttpGrant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |why: &str| {
            format!(
                "an http grant is a method or `*`, and an origin, such as `GET https://api.example.com`: {why}. \
                 grant=`{text}`"
            )
        };
        let mut words = text.split_whitespace();
        let (Some(word), Some(origin)) = (words.next(), words.next()) else {
            return Err(bad("write both, with a space between them"));
        };
        let method = match word {
            "*" => None,
            word => Some(method(word).map_err(|why| bad(&why))?),
        };
        let origin: HttpOrigin = origin.parse().map_err(|why: String| bad(&format!("the origin {why}")))?;
        let reach = match words.next() {
            None => Reach::Public,
            Some(PRIVATE) => Reach::Private,
            Some(_) => return Err(bad("the only third word is `private`")),
        };
        if words.next().is_some() {
            return Err(bad("there are words too many"));
        }
        Ok(Self { method, origin, reach })
    }
}

impl fmt::Display for HttpGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method.as_deref().unwrap_or("*"), self.origin)?;
        match self.reach {
            Reach::Public => Ok(()),
            Reach::Private => write!(f, " {PRIVATE}"),
        }
    }
}

/// The name of something in a trigger's environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableName(String);

/// What the host itself puts into the environment.
const RESERVED: [&str; 4] = ["TZ", "PLUGIN_DIR", "TIDEGATE_DATABASE", "TIDEGATE_TRIGGER"];

impl VariableName {
    /// Checks `name` and keeps it.
    ///
    /// # Errors
    /// In words, if it is none or the host's own.
    pub fn new(name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        let digit_first = name.starts_with(|c: char| c.is_ascii_digit());
        if name.is_empty() || digit_first || !name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
            return Err(format!(
                "a variable's name has letters, digits and `_`, and no digit first. name=`{}`",
                name.escape_debug()
            ));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(format!("every trigger has a variable of this name already. name=`{name}`"));
        }
        Ok(Self(name))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VariableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Grants {
    /// How far a request may reach.
    ///
    /// # Errors
    /// The grant that is missing.
    pub(crate) fn reach(&self, method: &str, origin: &HttpOrigin) -> Result<Reach, String> {
        let covering = self.http.iter().filter(|grant| grant.covers(method, origin));
        covering.map(|grant| grant.reach).max().ok_or_else(|| missing(&format!("http={method} {origin}")))
    }

    /// Whether a database of its tenant may be read.
    ///
    /// # Errors
    /// The grant that is missing.
    pub(crate) fn may_read(&self, database: &DatabaseName) -> Result<(), String> {
        may(self.read_databases.as_ref(), database).map_err(|()| missing(&format!("read={database}")))
    }

    /// Whether a database of its tenant may be written to.
    ///
    /// # Errors
    /// The grant that is missing.
    pub(crate) fn may_write(&self, database: &DatabaseName) -> Result<(), String> {
        may(self.write_databases.as_ref(), database).map_err(|()| missing(&format!("write={database}")))
    }

    /// What strikes its variables and secrets out of texts.
    pub(crate) fn redaction(&self) -> Redaction {
        Redaction::of(self.secrets.values().chain(self.variables.values()))
    }
}

fn may(listed: Option<&BTreeSet<DatabaseName>>, database: &DatabaseName) -> Result<(), ()> {
    if listed.is_none_or(|listed| listed.contains(database)) { Ok(()) } else { Err(()) }
}

/// Says which grant is missing, to be pasted into a command.
pub(crate) fn missing(grant: &str) -> String {
    format!("the trigger lacks a grant; whoever creates it can add it. needs=`--grant '{grant}'`")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(http: &[&str]) -> Grants {
        Grants { http: http.iter().map(|grant| grant.parse().unwrap()).collect(), ..Grants::default() }
    }

    fn reach(grants: &Grants, method: &str, origin: &str) -> Option<Reach> {
        grants.reach(method, &origin.parse().unwrap()).ok()
    }

    #[test]
    fn an_http_grant_is_for_one_method_and_one_origin() {
        let grants = grants(&["get https://api.example.com", "* http://127.0.0.1:8396"]);
        assert_eq!(reach(&grants, "GET", "https://api.example.com"), Some(Reach::Public));
        assert_eq!(reach(&grants, "PATCH", "http://127.0.0.1:8396"), Some(Reach::Public));
        for (method, origin) in [
            ("POST", "https://api.example.com"),
            ("GET", "http://api.example.com"),
            ("GET", "https://api.example.com:8443"),
            ("GET", "https://example.com"),
            ("GET", "https://api.example.com.evil.org"),
            ("GET", "http://127.0.0.1"),
        ] {
            assert_eq!(reach(&grants, method, origin), None, "{method} {origin}");
        }
        let refusal = grants.reach("POST", &"https://api.example.com".parse().unwrap()).unwrap_err();
        assert!(refusal.ends_with("needs=`--grant 'http=POST https://api.example.com'`"), "{refusal}");
    }

    #[test]
    fn the_widest_grant_for_a_request_counts() {
        let grants = grants(&["GET http://metrics.internal", "* http://metrics.internal private"]);
        assert_eq!(reach(&grants, "GET", "http://metrics.internal"), Some(Reach::Private));
        assert_eq!(grants.http[1].to_string(), "* http://metrics.internal private");
    }

    #[test]
    fn what_is_no_http_grant_is_refused_with_what_to_write_instead() {
        for (text, says) in [
            ("https://api.example.com", "write both"),
            ("GET", "write both"),
            ("GET https://api.example.com/v1", "leave the path away"),
            ("GET https://api.example.com public", "`private`"),
            ("GET https://api.example.com private please", "too many"),
            ("G'ET https://api.example.com", "a word such as GET"),
            ("CONNECT https://api.example.com", "not sent"),
        ] {
            let error = text.parse::<HttpGrant>().unwrap_err();
            assert!(error.contains(says) && error.ends_with(&format!("grant=`{text}`")), "{error}");
        }
    }

    #[test]
    fn databases_are_the_tenants_unless_some_are_listed() {
        let [listed, other] = ["listed", "other"].map(|name| DatabaseName::new(name).unwrap());
        let mut grants = Grants::default();
        assert_eq!(grants.may_read(&other), Ok(()));
        grants.read_databases = Some([listed.clone()].into());
        assert_eq!((grants.may_read(&listed), grants.may_write(&other)), (Ok(()), Ok(())));
        assert!(grants.may_read(&other).unwrap_err().ends_with("needs=`--grant 'read=other'`"));
    }

    #[test]
    fn a_variable_has_a_name_that_is_not_taken() {
        assert!(VariableName::new("INFLUXDB3_AUTH_TOKEN").is_ok());
        for name in ["", "1A", "A B", "A=B", "TZ", "TIDEGATE_TRIGGER"] {
            assert!(VariableName::new(name).is_err(), "{name}");
        }
    }
}
