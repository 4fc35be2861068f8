//! Why a token is not as somebody wants it.

use std::fmt;

use tidegate::TenantId;

use super::{PREFIX, SHORTEST};
use crate::catalog::NotKept;

/// Why a token is not as somebody wants it.
#[derive(Debug)]
pub(crate) enum TokenError {
    /// There is one of this name.
    Exists(String),
    /// There is none of this name.
    NotFound(String),
    /// It is the operator's, which cannot be deleted.
    Operator,
    /// The name is none.
    Name(String),
    /// It would permit nothing.
    Powerless,
    /// There is no such tenant.
    NoTenant(TenantId),
    /// It is none, or one that could be guessed.
    Weak,
    /// It is not the one that the operator has.
    Other,
    /// The operating system gives no random bytes.
    NoChance,
    /// It cannot be kept.
    NotKept(NotKept),
}

// InfluxDB 3's texts, where it has some.
impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(name) => write!(f, "token name already exists, {name}"),
            Self::NotFound(name) => write!(f, "token not found. token=`{name}`"),
            Self::Operator => f.write_str("the operator's token cannot be deleted; regenerate it instead"),
            Self::Name(name) => {
                write!(f, "a token's name is 1 to 128 characters and none of them a control character. name=`{name}`")
            }
            Self::Powerless => f.write_str("a tenant's token permits something; name it, such as db:sensors:read,write"),
            Self::NoTenant(tenant) => {
                write!(f, "there is no such tenant; create it with `tidegate create tenant {tenant}`. tenant=`{tenant}`")
            }
            Self::Weak => write!(f, "a token begins with {PREFIX} and has at least {SHORTEST} characters; make one with `tidegate create token --admin --offline`"),
            Self::Other => f.write_str("the operator has another token already; make it anew with `tidegate create token --admin --regenerate`"),
            Self::NoChance => f.write_str("the operating system gives no random bytes; try again"),
            Self::NotKept(error) => fmt::Display::fmt(error, f),
        }
    }
}
