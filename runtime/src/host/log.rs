//! `log`: what a plugin says about a run, kept for the trigger's owner.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{HostState, LimitReached, Principal, Services, debt};
use crate::bindings::log;
use crate::model::{Limit, LogEntry, LogLevel, Notice, Redaction, TriggerId};
use crate::tenants::Account;

/// Entries of one run, bounded in bytes. The clones are the same log: standard
/// output ends up here as well.
#[derive(Debug, Clone)]
pub(crate) struct RunLog(Arc<Mutex<Entries>>);

#[derive(Debug)]
struct Entries {
    trigger: Option<TriggerId>,
    run: Option<u64>,
    services: Arc<Services>,
    account: Arc<Account>,
    redaction: Redaction,
    kept: Vec<LogEntry>,
    bytes_left: usize,
    bytes_kept: usize,
    dropped: u64,
    /// How much may be dropped before the run is stopped.
    patience: usize,
}

/// How many times its limit a run may log before it is stopped: kept once, and
/// dropped the other times.
const PATIENCE: usize = 16;

impl RunLog {
    pub(super) fn new(principal: &Principal, services: &Arc<Services>, bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Entries::new(principal, Arc::clone(services), bytes))))
    }

    /// Makes it the log of another run of the same trigger.
    pub(super) fn renew(&self, principal: &Principal, bytes: usize) {
        let mut log = self.lock();
        *log = Entries::new(principal, Arc::clone(&log.services), bytes);
    }

    /// Keeps an entry and shows it at once, as far as the limit allows.
    ///
    /// # Errors
    /// Once far more was logged than is kept.
    pub(super) fn push(&self, level: LogLevel, message: String) -> Result<(), LimitReached> {
        self.lock().push(level, message)
    }

    /// The entries that were kept, their bytes, and how many were not.
    pub(crate) fn take(&self) -> (Vec<LogEntry>, usize, u64) {
        let mut log = self.lock();
        (std::mem::take(&mut log.kept), log.bytes_kept, log.dropped)
    }

    /// The bytes of the entries that are kept.
    pub(super) fn bytes(&self) -> usize {
        self.lock().bytes_kept
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn new(principal: &Principal, services: Arc<Services>, bytes: usize) -> Self {
        let trigger = match principal {
            Principal::Trigger { id, .. } => Some(id.clone()),
            Principal::Registration(_) => None,
        };
        Self {
            trigger,
            run: principal.run(),
            account: services.tenants.of(principal.tenant()),
            services,
            redaction: principal.redaction(),
            kept: Vec::new(),
            bytes_left: bytes,
            bytes_kept: 0,
            dropped: 0,
            patience: bytes.saturating_mul(PATIENCE.saturating_sub(1)),
        }
    }

    fn push(&mut self, level: LogLevel, message: String) -> Result<(), LimitReached> {
        // Empty messages must cost too, or a guest could send them forever.
        let cost = message.len().saturating_add(size_of::<LogEntry>());
        // One tenant's log must not crowd out what the others have to say.
        let left = self.bytes_left.checked_sub(cost).filter(|_| self.account.take_log(cost));
        let Some(left) = left else {
            self.dropped = self.dropped.saturating_add(1);
            self.patience = self.patience.checked_sub(cost).ok_or(LimitReached(Limit::Log))?;
            return Ok(());
        };
        self.bytes_left = left;
        self.bytes_kept = self.bytes_kept.saturating_add(cost);
        let (time, message) = (self.services.clock.now(), self.redaction.apply(message));
        let entry = LogEntry { time, run: self.run, level, message };
        if let Some(trigger) = &self.trigger {
            // Nobody need be listening.
            let _ = self.services.notices.send(Notice::Log(trigger.clone(), entry.clone()));
        }
        self.kept.push(entry);
        Ok(())
    }
}

impl log::Host for HostState {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        self.debt.add(debt::LOG_ENTRY, 1);
        self.debt.add(debt::BYTE, message.len());
        Ok(self.log.push(level.into(), message)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::tests::services;

    fn log(bytes: usize) -> RunLog {
        RunLog::new(&Principal::Registration(crate::model::TenantId::default_tenant()), &services(), bytes)
    }

    #[test]
    fn what_does_not_fit_is_counted_and_not_kept() {
        let log = log(200);
        for message in ["kept", &"x".repeat(200), "kept too"] {
            log.push(LogLevel::Info, message.to_owned()).unwrap();
        }
        let (kept, _, dropped) = log.take();
        let kept: Vec<_> = kept.iter().map(|entry| entry.message.as_str()).collect();
        assert_eq!((kept, dropped), (vec!["kept", "kept too"], 1));
    }

    #[test]
    fn a_run_that_goes_on_logging_is_stopped_even_with_empty_messages() {
        let log = log(1_000);
        let pushed = (0..1_000).take_while(|_| log.push(LogLevel::Info, String::new()).is_ok()).count();
        assert!(pushed < 500, "{pushed} entries");
        assert_eq!(log.push(LogLevel::Info, String::new()), Err(LimitReached(Limit::Log)));
    }
}
