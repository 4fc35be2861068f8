//! Who makes a call, and what it is answered from.

use std::sync::Arc;

use tidegate::{DatabaseId, DatabaseName};
use tonic::{Extensions, Status};

use super::status;
use crate::caller::{Caller, Denied};
use crate::permissions::Action;
use crate::server::Server;
use crate::system::View;

/// Who makes a call, and what it is answered from.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) server: Arc<Server>,
    pub(super) caller: Caller,
}

impl Session {
    /// The session of a call with these extensions: HTTP has found out whose it is.
    pub(super) fn of(server: &Arc<Server>, extensions: &Extensions) -> Result<Self, Status> {
        let caller = extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(|| Status::unauthenticated("the request was not authenticated"))?;
        Ok(Self { server: Arc::clone(server), caller })
    }

    /// The database that the caller calls `name`, to read from, and its system
    /// tables.
    pub(super) fn database(&self, name: &str) -> Result<(DatabaseId, Arc<View>), Status> {
        let name = DatabaseName::new(name).map_err(status::invalid)?;
        let database = self.caller.database(Action::Read, name).map_err(|denied| denial(&denied))?;
        let system = View::new(&self.server, &self.caller, &database);
        Ok((database, system))
    }
}

fn denial(denied: &Denied) -> Status {
    match denied {
        Denied::Hidden(_) => Status::not_found(denied.to_string()),
        Denied::Lacks(..) | Denied::NotAdministrator | Denied::Beyond(_) => {
            Status::permission_denied(denied.to_string())
        }
    }
}
