//! Answers requests with the trigger that serves their path.

use std::sync::Arc;

use super::{Active, Dispatch};
use crate::error::{Error, ErrorKind};
use crate::host::Effects;
use crate::model::{Ending, Event, Failure, FailureDetail, Outcome, Request, TenantId};

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
        if self.closing.is_cancelled() {
            return Err(Error::new(ErrorKind::Unavailable, "the runtime is shutting down"));
        }
        let gone = |_| Error::new(ErrorKind::Unavailable, "the trigger is gone");
        let _turn = active.gate.acquire().await.map_err(gone)?;
        let outcome = self.run(&active, Arc::new(Event::Request(request)), (1, Effects::Real)).await?;
        if outcome.ending != Ending::Succeeded {
            self.record(&active, &outcome, 0);
            self.say_error(&active, &outcome);
            return Ok(outcome);
        }
        self.answer(&active, outcome).await
    }

    async fn answer(self: &Arc<Self>, active: &Arc<Active>, outcome: Outcome) -> Result<Outcome, Error> {
        let outcome = Arc::new(outcome);
        match self.commit(active, &outcome, (1, None)).await {
            Ok(()) => Ok(Arc::unwrap_or_clone(outcome)),
            Err(error) => {
                let message = self.refused(active, &outcome, &error);
                let mut outcome = Arc::unwrap_or_clone(outcome);
                outcome.ending = Ending::Failed(Failure::TryAgain(FailureDetail { message, traceback: None }));
                outcome.response = None;
                Ok(outcome)
            }
        }
    }
}
