//! Loads a plugin without running it.

use std::sync::Arc;

use wasmtime::Store;

use super::engine::Sandbox;
use super::plugin::Code;
use super::store::RunState;
use crate::error::Error;
use crate::host::Principal;
use crate::model::{Ending, Limits, Outcome, TenantId};

impl Sandbox {
    /// Loads a plugin once, under `limits`, with no data and at the cost of `tenant`,
    /// and calls nothing of it.
    ///
    /// # Errors
    /// As of [`run`](Self::run).
    pub(crate) async fn try_out(
        self: &Arc<Self>,
        code: Code,
        (tenant, limits): (&TenantId, Limits),
    ) -> Result<Outcome, Error> {
        let (sandbox, share) = (Arc::clone(self), self.share(tenant, &limits));
        let principal = Principal::Registration(tenant.clone());
        let guest = async move {
            let entry = async |store: &mut Store<RunState>| code.start(store).await;
            let before = (None, code.files());
            let (result, mut outcome, _) = sandbox.supervise(entry, before, (principal, limits)).await?;
            if let Some(Err(failure)) = result {
                outcome.ending = Ending::Failed(failure);
            }
            Ok(outcome)
        };
        self.admit(share, guest).await
    }
}
