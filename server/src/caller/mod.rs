//! Who asks, whose data it is about, and what may be done with it.
//!
//! What clients call a database becomes an id here and nowhere else: whoever
//! handles a request cannot name one that is not the caller's.

mod bounds;
mod denied;

use tidegate::{DatabaseId, DatabaseName, TenantId};

use crate::permissions::{Action, Permissions, Scope};
use crate::system::INTERNAL;
pub(crate) use bounds::{Creator, Given};
pub(crate) use denied::Denied;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    tenant: TenantId,
    rights: Rights,
}

/// What the caller may do with what the tenant owns.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rights {
    /// Everything.
    Administrator,
    /// What the token says.
    Permitted(Permissions),
}

impl Caller {
    /// An administrator, who acts for a tenant.
    pub(crate) fn administrator(tenant: TenantId) -> Self {
        Self { tenant, rights: Rights::Administrator }
    }

    /// Somebody of a tenant.
    pub(crate) fn permitted(tenant: TenantId, permissions: Permissions) -> Self {
        Self { tenant, rights: Rights::Permitted(permissions) }
    }

    /// Whose data it is about.
    pub(crate) fn tenant(&self) -> &TenantId {
        &self.tenant
    }

    pub(crate) fn is_administrator(&self) -> bool {
        self.rights == Rights::Administrator
    }

    /// Lets administrators pass.
    ///
    /// # Errors
    /// [`Denied::NotAdministrator`] for everybody else.
    pub(crate) fn administers(&self) -> Result<(), Denied> {
        if self.is_administrator() { Ok(()) } else { Err(Denied::NotAdministrator) }
    }

    /// The database that the caller calls `name`, for `action`.
    ///
    /// Whether it is there plays no part, so that a refusal tells nothing of it.
    ///
    /// # Errors
    /// [`Denied::Hidden`] if the caller may do nothing in it, [`Denied::Lacks`] if
    /// only not that.
    pub(crate) fn database(&self, action: Action, name: DatabaseName) -> Result<DatabaseId, Denied> {
        let id = DatabaseId { tenant: self.tenant.clone(), name };
        let Rights::Permitted(permissions) = &self.rights else { return Ok(id) };
        // Its tables show what the caller may see, and nothing else.
        let tells_of_itself = action == Action::Read && id.name.as_str() == INTERNAL;
        if tells_of_itself || permissions.permit(action, &id.name) {
            return Ok(id);
        }
        // Whoever writes brings a database into being: there is no other one to be hidden.
        if action == Action::Write || permissions.show(&id.name) {
            return Err(Denied::Lacks(action, id.name));
        }
        Err(Denied::Hidden(id.name))
    }

    /// Whether the caller may take `action` in a database.
    pub(crate) fn may(&self, action: Action, database: &DatabaseId) -> bool {
        database.tenant == self.tenant && self.permits(|permissions| permissions.permit(action, &database.name))
    }

    /// Whether the caller may do anything in a database.
    pub(crate) fn sees(&self, database: &DatabaseId) -> bool {
        database.tenant == self.tenant && self.permits(|permissions| permissions.show(&database.name))
    }

    /// The databases in which the caller may take `action`.
    pub(crate) fn scope(&self, action: Action) -> Scope {
        match &self.rights {
            Rights::Administrator => Scope::All,
            Rights::Permitted(permissions) => permissions.scope(action),
        }
    }

    fn permits(&self, permitted: impl Fn(&Permissions) -> bool) -> bool {
        match &self.rights {
            Rights::Administrator => true,
            Rights::Permitted(permissions) => permitted(permissions),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(name: &str) -> DatabaseName {
        DatabaseName::new(name).unwrap()
    }

    fn somebody(permissions: &[&str]) -> Caller {
        let permissions = permissions.iter().map(|text| text.parse().unwrap()).collect();
        Caller::permitted(TenantId::new("acme").unwrap(), permissions)
    }

    #[test]
    fn a_database_outside_of_the_scope_is_as_if_it_were_not_there() {
        let caller = somebody(&["db:a:read", "db:b:write"]);
        assert_eq!(caller.database(Action::Read, name("a")).unwrap().tenant.as_str(), "acme");
        assert_eq!(caller.database(Action::Read, name("b")), Err(Denied::Lacks(Action::Read, name("b"))));
        assert_eq!(caller.database(Action::Read, name("c")), Err(Denied::Hidden(name("c"))));
        assert_eq!(caller.database(Action::Triggers, name("c")), Err(Denied::Hidden(name("c"))));
        assert_eq!(caller.database(Action::Write, name("c")), Err(Denied::Lacks(Action::Write, name("c"))));
    }

    #[test]
    fn everybody_may_ask_the_server_about_itself_and_nobody_writes_there() {
        let caller = somebody(&["db:a:write"]);
        assert!(caller.database(Action::Read, name(INTERNAL)).is_ok());
        assert!(caller.database(Action::Write, name(INTERNAL)).is_err());
    }

    #[test]
    fn nobody_sees_what_is_another_tenants() {
        let [caller, administrator] =
            [somebody(&["db:*:read,write,triggers,request"]), Caller::administrator(TenantId::new("acme").unwrap())];
        let other = DatabaseId { tenant: TenantId::default_tenant(), name: name("a") };
        for caller in [&caller, &administrator] {
            assert!(!caller.sees(&other) && !caller.may(Action::Read, &other));
            let own = caller.database(Action::Read, name("a")).unwrap();
            assert!(caller.sees(&own) && caller.may(Action::Read, &own));
        }
        assert_eq!(caller.administers(), Err(Denied::NotAdministrator));
        assert_eq!(administrator.administers(), Ok(()));
    }
}
