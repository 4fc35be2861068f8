//! Answers requests with the trigger that serves their path.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SemaphorePermit;

use super::active::MAX_WAITING;
use super::{Active, Dispatch};
use crate::error::{Error, ErrorKind};
use crate::host::Effects;
use crate::model::{Ending, Event, Failure, FailureDetail, Outcome, Request, TenantId};
use crate::sandbox::Patience;

impl Dispatch {
    /// Runs the trigger that serves `path`. What it wrote is committed before
    /// this returns. Dropping the future ends the run.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if no enabled trigger serves the path.
    pub(crate) async fn request(
        self: &Arc<Self>,
        tenant: &TenantId,
        path: &str,
        request: Request,
    ) -> Result<Outcome, Error> {
        let not_found = || Error::new(ErrorKind::NotFound, format!("no trigger serves this path. path=`{path}`"));
        let active = self.registry.serving(tenant, path).filter(|active| active.is_enabled()).ok_or_else(not_found)?;
        self.run_now(&active, Event::Request(request)).await
    }

    /// Runs a trigger for somebody who waits for what comes of it. What it wrote
    /// is committed before this returns. Dropping the future ends the run.
    ///
    /// # Errors
    /// [`ErrorKind::Overloaded`] if too many wait, [`ErrorKind::Unavailable`] if
    /// the trigger is stopped meanwhile.
    pub(crate) async fn run_now(self: &Arc<Self>, active: &Arc<Active>, event: Event) -> Result<Outcome, Error> {
        // Shutdown waits for it like for everything else.
        let _token = self.tasks.token();
        let stopped = active.stopped();
        let run = async {
            let _turn = self.turn(active).await?;
            self.run(active, (Arc::new(event), Patience::Refuse), (1, Effects::Real)).await
        };
        let outcome = tokio::select! {
            outcome = run => outcome?,
            () = stopped.cancelled() => return Err(Error::new(ErrorKind::Unavailable, "the trigger was stopped")),
            () = self.closing.cancelled() => return Err(Error::new(ErrorKind::Unavailable, "the runtime is shutting down")),
        };
        if outcome.ending != Ending::Succeeded {
            self.say_error(active, &outcome);
            self.record(active, (&outcome, Duration::ZERO), 0);
            return Ok(outcome);
        }
        self.answer(active, outcome).await
    }

    /// Waits until one more request may run.
    async fn turn<'a>(&self, active: &'a Active) -> Result<SemaphorePermit<'a>, Error> {
        let full = || {
            Error::new(
                ErrorKind::Overloaded,
                format!("too many requests wait for the trigger. waiting=`{MAX_WAITING}`"),
            )
        };
        let _waiting = active.waiting.try_acquire().map_err(|_| full())?;
        active.gate.acquire().await.map_err(|_| full())
    }

    async fn answer(self: &Arc<Self>, active: &Arc<Active>, outcome: Outcome) -> Result<Outcome, Error> {
        let outcome = Arc::new(outcome);
        match self.commit(active, (&outcome, 0), (1, None)).await {
            Ok(()) => Ok(Arc::unwrap_or_clone(outcome)),
            Err(error) => {
                let message = self.refused(active, &outcome, &error);
                let mut outcome = Arc::unwrap_or_clone(outcome);
                outcome.ending = Ending::Failed(Failure::Invalid(FailureDetail { message, traceback: None }));
                outcome.response = None;
                Ok(outcome)
            }
        }
    }
}
