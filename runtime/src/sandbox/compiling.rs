//! Whose turn it is to compile, and who pays.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::time::Instant;

use super::engine::Sandbox;
use super::run::{Patience, await_fuel};
use super::slots::Slot;
use crate::error::Error;
use crate::host::debt;
use crate::model::TenantId;
use crate::tenants::Account;

/// The right to compile something, for a tenant that pays for it.
#[derive(Debug)]
pub(crate) struct Turn {
    account: Arc<Account>,
    _slot: Slot,
}

impl Sandbox {
    /// Waits until `tenant` may compile a component. Tenants take turns, so that
    /// one that loads many does not keep the others waiting.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`](crate::ErrorKind::Overloaded) if the tenant has
    /// used up its quotas.
    pub(crate) async fn turn_to_compile(&self, tenant: &TenantId) -> Result<Turn, Error> {
        let account = self.services.tenants.of(tenant);
        await_fuel(&account, Patience::Refuse).await?;
        let slot = self.compilers.acquire(&account, 0).await?;
        Ok(Turn { account, _slot: slot })
    }
}

impl Turn {
    /// Bills the tenant for `work`, which compiles something on this thread.
    pub(crate) fn use_for<T>(self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let done = work();
        // The compiler's threads are the engine's, and tell nobody what they do: all
        // are taken to be busy.
        let threads = available_parallelism().map_or(1, usize::from);
        let cpu = begun.elapsed().saturating_mul(u32::try_from(threads).unwrap_or(u32::MAX));
        self.account.bill_fuel(debt::of_cpu(cpu));
        done
    }
}
