//! Whose work a trigger is, and who may put other code in its place.

use tidegate::{TenantId, TriggerId};

use super::{Definition, Triggers};
use crate::caller::{Caller, Denied};
use crate::permissions::{Action, Scope};

impl Definition {
    /// Whether it may be the work of `caller`.
    ///
    /// # Errors
    /// [`Denied`] names what it has and the caller has not.
    pub(super) fn may_be_of(&self, caller: &Caller, id: &TriggerId) -> Result<(), Denied> {
        caller.may_be_told(&self.given(), &id.database.name)?;
        caller.may_give(&self.given())
    }
}

impl Triggers {
    /// Whether the caller may replace or add the file at `path` in the tenant's
    /// plugin directory. It must belong to no trigger that the caller could not have
    /// created: the new code would have what that one was granted.
    ///
    /// # Errors
    /// [`Denied::Beyond`] if not.
    pub(crate) fn may_replace(&self, caller: &Caller, path: &str) -> Result<(), Denied> {
        if caller.is_administrator() {
            return Ok(());
        }
        if caller.scope(Action::Triggers) == Scope::default() {
            let why = "the token does not permit this; an administrator can make one that does. needs=`db:*:triggers`";
            return Err(Denied::Beyond(why.to_owned()));
        }
        let foreign = |(id, definition): &(TriggerId, Definition)| {
            let own = caller.may(Action::Triggers, &id.database)
                && caller.covers(definition.creator.as_ref())
                && definition.may_be_of(caller, id).is_ok();
            !own && self.parts.plugins.belongs(caller.tenant(), path, &definition.plugin_filename)
        };
        if self.defined(caller.tenant()).iter().any(foreign) {
            return Err(Denied::Beyond(format!(
                "a trigger that the token could not create has this file; take another name, or ask an administrator. \
                 path=`{path}`"
            )));
        }
        Ok(())
    }

    /// All triggers of a tenant, whether they could be started or not.
    pub(super) fn defined(&self, tenant: &TenantId) -> Vec<(TriggerId, Definition)> {
        self.stored().into_iter().filter(|(id, _)| id.tenant() == tenant).collect()
    }
}
