//! Tenants: who owns databases, and what each may use.

use std::collections::BTreeMap;
use std::fmt;

use tidegate::{Quota, QuotaOverrides, Runtime, TenantId};

use crate::catalog::{Content, NotKept, StoredTenant};
use crate::plugins::is_folder_name;
use crate::quotas::Allowances;
use crate::server::Server;

/// A tenant, as it is shown.
#[derive(Debug)]
pub(crate) struct Tenant {
    pub(crate) name: String,
    pub(crate) databases: usize,
    /// Those that are not as by default.
    pub(crate) quotas: BTreeMap<String, u64>,
}

/// Why a tenant is not as somebody wants it.
#[derive(Debug)]
pub(crate) enum TenantError {
    /// There is one of this name.
    Exists(String),
    /// There is none of this name.
    NotFound(String),
    /// The name is none, or a quota is.
    Invalid(String),
    /// It is the default one, which cannot be deleted.
    Default,
    /// It owns databases still.
    Owns(TenantId, usize),
    /// It cannot be kept.
    NotKept(NotKept),
}

impl fmt::Display for TenantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists(name) => write!(f, "there is a tenant of this name; choose another. tenant=`{name}`"),
            Self::NotFound(name) => {
                write!(f, "there is no such tenant; `tidegate show tenants` lists those there are. tenant=`{name}`")
            }
            Self::Invalid(reason) => f.write_str(reason),
            Self::Default => f.write_str("the tenant `default` cannot be deleted: what names no tenant is its own"),
            Self::Owns(tenant, databases) => write!(
                f,
                "the tenant owns databases; delete them first with `tidegate delete database --tenant {tenant}`. \
                 tenant=`{tenant}` databases=`{databases}`"
            ),
            Self::NotKept(error) => fmt::Display::fmt(error, f),
        }
    }
}

/// Sets what each tenant in the catalog may use and own.
pub(crate) fn restore((runtime, allowances): (&Runtime, &Allowances), content: &Content) {
    for (name, stored) in &content.tenants {
        match (TenantId::new(name), overrides(&stored.quotas)) {
            (Ok(tenant), Ok(overrides)) => runtime.set_quotas(&tenant, allowances.set(&tenant, &overrides)),
            _ => tracing::error!(tenant = name, "the catalog has a tenant whose name or quotas are none"),
        }
    }
}

fn overrides(quotas: &BTreeMap<String, u64>) -> Result<QuotaOverrides, String> {
    let set = |overrides: QuotaOverrides, (name, amount): (&String, &u64)| {
        Ok(overrides.with(name.parse::<Quota>()?, *amount))
    };
    quotas.iter().try_fold(QuotaOverrides::default(), set)
}

impl Server {
    /// The tenants, by name; the default one is always there.
    pub(crate) fn tenants(&self) -> Vec<Tenant> {
        let mut stored = self.catalog.now().tenants.clone();
        stored.entry(TenantId::default_tenant().to_string()).or_default();
        let tenant = |(name, stored): (String, StoredTenant)| {
            let databases = TenantId::new(&name).map_or(0, |tenant| self.database.databases(&tenant).len());
            Tenant { name, databases, quotas: stored.quotas }
        };
        stored.into_iter().map(tenant).collect()
    }

    /// Creates a tenant that owns nothing yet.
    ///
    /// # Errors
    /// [`TenantError::Exists`] if the name is taken, [`TenantError::Invalid`] if it
    /// is none.
    pub(crate) async fn create_tenant(&self, name: &str, quotas: BTreeMap<String, u64>) -> Result<(), TenantError> {
        let invalid = || {
            TenantError::Invalid(format!(
                "a tenant's name is 1 to 64 lower-case letters, digits, `-` or `_`, and does not begin with `-`. \
                 tenant=`{}`",
                name.escape_debug()
            ))
        };
        let tenant = TenantId::new(name).ok().filter(|_| is_folder_name(name)).ok_or_else(invalid)?;
        let overrides = overrides(&quotas).map_err(TenantError::Invalid)?;
        let _turn = self.triggers.turn().await;
        let create = |content: &mut Content| {
            let is_new = !content.has_tenant(&tenant);
            if is_new {
                content.tenant_mut(name).quotas = quotas;
            }
            is_new
        };
        if !self.catalog.change(create).await.map_err(TenantError::NotKept)? {
            return Err(TenantError::Exists(name.to_owned()));
        }
        self.runtime.set_quotas(&tenant, self.allowances.set(&tenant, &overrides));
        Ok(())
    }

    /// Sets quotas of a tenant; the others stay as they are.
    ///
    /// # Errors
    /// [`TenantError::NotFound`] if there is no such tenant,
    /// [`TenantError::Invalid`] if there is no such quota.
    pub(crate) async fn update_tenant(&self, name: &str, quotas: BTreeMap<String, u64>) -> Result<(), TenantError> {
        overrides(&quotas).map_err(TenantError::Invalid)?;
        let tenant = self.find_tenant(name)?;
        let _turn = self.triggers.turn().await;
        let update = |content: &mut Content| {
            let stored = &mut content.tenant_mut(name).quotas;
            stored.extend(quotas);
            stored.clone()
        };
        let stored = self.catalog.change(update).await.map_err(TenantError::NotKept)?;
        let overrides = overrides(&stored).map_err(TenantError::Invalid)?;
        self.runtime.set_quotas(&tenant, self.allowances.set(&tenant, &overrides));
        Ok(())
    }

    /// Deletes a tenant that owns no database any more, with its tokens, its
    /// plugins and what is remembered of it: nothing of it is there for a later one
    /// of its name.
    ///
    /// # Errors
    /// [`TenantError::Owns`] if it does, [`TenantError::Default`] for that of
    /// everything which names none.
    pub(crate) async fn delete_tenant(&self, name: &str) -> Result<(), TenantError> {
        let tenant = self.find_tenant(name)?;
        if tenant == TenantId::default_tenant() {
            return Err(TenantError::Default);
        }
        let _turn = self.triggers.turn().await;
        let databases = self.database.databases(&tenant).len();
        if databases > 0 {
            return Err(TenantError::Owns(tenant, databases));
        }
        let delete = |content: &mut Content| {
            content.tenants.remove(name);
            let is_its =
                |token: &crate::catalog::StoredToken| token.holder.as_ref().is_some_and(|it| it.tenant == name);
            content.tokens.retain(|_, token| !is_its(token));
        };
        self.catalog.change(delete).await.map_err(TenantError::NotKept)?;
        self.queries.forget(&tenant);
        self.runtime.forget_tenant(&tenant);
        let default = QuotaOverrides::default();
        self.runtime.set_quotas(&tenant, self.allowances.set(&tenant, &default));
        self.triggers.parts.plugins.forget(&tenant).await;
        Ok(())
    }

    fn find_tenant(&self, name: &str) -> Result<TenantId, TenantError> {
        let found = TenantId::new(name).ok().filter(|tenant| self.catalog.now().has_tenant(tenant));
        found.ok_or_else(|| TenantError::NotFound(name.to_owned()))
    }
}
