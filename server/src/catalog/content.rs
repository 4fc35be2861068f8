//! What the catalog's file says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::permissions::Permissions;
use crate::triggers::Definition;

/// The version of the file's format. The first one has no tenants' tokens: a
/// server that knows no other would take them for an administrator's.
pub(super) const FORMAT: u32 = 2;

/// What the catalog's file says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(super) format: u32,
    /// What tells this server's data from that of all others.
    pub(crate) cluster: String,
    #[serde(default)]
    pub(crate) tenants: BTreeMap<String, StoredTenant>,
    /// By their names.
    #[serde(default)]
    pub(crate) tokens: BTreeMap<String, StoredToken>,
    /// The number of the next token.
    #[serde(default)]
    pub(crate) next_token: u64,
}

/// What a tenant owns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredTenant {
    #[serde(default)]
    pub(crate) databases: BTreeMap<String, StoredDatabase>,
    /// Those that are not as by default, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) quotas: BTreeMap<String, u64>,
}

/// A database that somebody created, or that has triggers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredDatabase {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) retention_seconds: Option<u64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tables: BTreeMap<String, StoredTable>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) triggers: BTreeMap<String, Definition>,
}

/// A table that somebody created.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoredTable {
    pub(crate) tags: Vec<String>,
    /// Name and type.
    pub(crate) fields: Vec<(String, String)>,
}

/// A token, without what is secret of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredToken {
    pub(crate) id: u64,
    /// SHA-512 of the token, in hexadecimal.
    pub(crate) hash: String,
    /// Nanoseconds since 1970.
    #[serde(default)]
    pub(crate) created: Option<i64>,
    /// Nanoseconds since 1970.
    #[serde(default)]
    pub(crate) expires: Option<i64>,
    /// Whose it is; an administrator's if it is no tenant's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) holder: Option<StoredHolder>,
}

/// The tenant that a token belongs to, and what it permits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredHolder {
    pub(crate) tenant: String,
    pub(crate) permissions: Permissions,
}

impl Content {
    pub(super) fn new() -> Self {
        Self {
            format: FORMAT,
            cluster: uuid::Uuid::new_v4().to_string(),
            tenants: BTreeMap::new(),
            tokens: BTreeMap::new(),
            next_token: 0,
        }
    }

    /// Whether there is such a tenant; the default one is always there.
    pub(crate) fn has_tenant(&self, tenant: &tidegate::TenantId) -> bool {
        *tenant == tidegate::TenantId::default_tenant() || self.tenants.contains_key(tenant.as_str())
    }

    /// What a tenant owns, to be changed.
    pub(crate) fn tenant_mut(&mut self, tenant: &str) -> &mut StoredTenant {
        self.tenants.entry(tenant.to_owned()).or_default()
    }

    /// A database, to be changed; it comes into being.
    pub(crate) fn database_mut(&mut self, database: &tidegate::DatabaseId) -> &mut StoredDatabase {
        self.tenant_mut(database.tenant.as_str()).databases.entry(database.name.to_string()).or_default()
    }

    /// A database, if it was created.
    pub(crate) fn database(&self, database: &tidegate::DatabaseId) -> Option<&StoredDatabase> {
        self.tenants.get(database.tenant.as_str())?.databases.get(database.name.as_str())
    }
}
