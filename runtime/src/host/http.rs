//! `http`: one request to the outside, if the trigger was granted it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::task::AbortOnDropHandle;

use super::{HostState, LimitReached, Principal, debt};
use crate::bindings::http::{self, HttpError};
use crate::model::{Limit, Reach};
use crate::outbound::{Answer, Outgoing, Unanswered};

/// Who sends no timeout waits as long as the run lasts. Nothing lasts longer
/// than this.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl HostState {
    /// Whether a request may be sent, and how far it may reach.
    fn may_send(&self, request: &Outgoing) -> Result<Reach, HttpError> {
        let Principal::Trigger { grants, run, .. } = &self.principal else {
            let why = "no requests are sent while a plugin is being registered; send them in an entry point";
            return Err(HttpError::Denied(why.to_owned()));
        };
        let reach = grants.reach(&request.method, &request.origin).map_err(HttpError::Denied)?;
        // What only asks has no effect that a dry run would have to take back.
        if !run.effects.are_real() && !["GET", "HEAD"].contains(&request.method.as_str()) {
            return Err(HttpError::Denied(format!(
                "this is a dry run: only GET and HEAD are sent, since nothing else could be taken back. \
                 method=`{}` origin=`{}`",
                request.method, request.origin
            )));
        }
        Ok(reach)
    }
}

impl http::Host for HostState {
    async fn send(&mut self, request: http::Request) -> wasmtime::Result<Result<http::Response, HttpError>> {
        let http::Request { method, url, headers, body, timeout: patience } = request;
        let named = byte_size(&headers).saturating_add(method.len()).saturating_add(url.len());
        self.debt.add(debt::HTTP, 1);
        self.debt.add(debt::BYTE, named.saturating_add(body.len()));
        let request = match Outgoing::check((&method, &url), headers, body) {
            Ok(request) => request,
            Err(why) => return Ok(Err(HttpError::Invalid(why))),
        };
        let reach = match self.may_send(&request) {
            Ok(reach) => reach,
            Err(denied) => return Ok(Err(denied)),
        };
        if self.http_requests >= self.limits.http_requests {
            return Err(LimitReached(Limit::HttpRequests).into());
        }
        self.http_requests = self.http_requests.saturating_add(1);
        let (services, max_bytes) = (Arc::clone(&self.services), self.limits.http_response_bytes);
        // Not on the guest's stack and thread; it ends when the run does.
        let task = self.services.tasks.spawn(async move { services.outbound.send(request, reach, max_bytes).await });
        let patience = patience.map_or(LONGEST, Duration::from_nanos).min(LONGEST);
        // In real time, as deadlines are.
        let answer = match timeout(patience, AbortOnDropHandle::new(task)).await {
            Ok(answer) => answer?,
            Err(_) => return Ok(Err(HttpError::TimedOut)),
        };
        if let Ok(Answer { headers, body, .. }) = &answer {
            self.debt.add(debt::BYTE, byte_size(headers).saturating_add(body.len()));
        }
        Ok(answer.map(Into::into).map_err(Into::into))
    }
}

fn byte_size(headers: &[(String, String)]) -> usize {
    headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).fold(0, usize::saturating_add)
}

impl From<Answer> for http::Response {
    fn from(Answer { status, headers, body }: Answer) -> Self {
        Self { status, headers, body }
    }
}

impl From<Unanswered> for HttpError {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Denied(why) => Self::Denied(why),
            Unanswered::Unreachable(why) => Self::Unreachable(why),
            Unanswered::TooLarge(why) => Self::TooLarge(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bindings::http::Host;
    use crate::host::Effects;
    use crate::host::tests::{services, state_with};
    use crate::model::{Grants, Limits, RunSeed};

    fn request(method: &str, url: &str) -> http::Request {
        http::Request { method: method.into(), url: url.into(), headers: Vec::new(), body: Vec::new(), timeout: None }
    }

    /// Nobody listens there.
    const CLOSED: &str = "http://127.0.0.1:1";

    fn granted() -> Grants {
        Grants { http: vec![format!("* {CLOSED}").parse().unwrap()], ..Grants::default() }
    }

    #[tokio::test]
    async fn a_plugin_that_is_being_registered_sends_nothing() {
        let services = services();
        let mut run = HostState::new(
            &services,
            Principal::Registration(crate::model::TenantId::default_tenant()),
            Arc::default(),
            (&Limits::default(), RunSeed::default()),
        );
        let answer = run.send(request("GET", CLOSED)).await.unwrap();
        assert!(matches!(answer, Err(HttpError::Denied(why)) if why.contains("registered")));
    }

    #[tokio::test]
    async fn a_dry_run_only_asks() {
        let services = services();
        let mut run = state_with(granted(), &services, Effects::Dry, &Limits::default());
        let posted = run.send(request("POST", CLOSED)).await.unwrap();
        assert!(matches!(posted, Err(HttpError::Denied(why)) if why.contains("dry run")));
        let asked = run.send(request("GET", CLOSED)).await.unwrap();
        assert!(matches!(asked, Err(HttpError::Unreachable(why)) if why.contains("origin=`http://127.0.0.1:1`")));
    }

    #[tokio::test]
    async fn only_requests_that_are_sent_count() {
        let services = services();
        let limits = Limits { http_requests: 1, ..Limits::default() };
        let mut run = state_with(granted(), &services, Effects::Real, &limits);
        for url in ["http://127.0.0.1:2", "nonsense", CLOSED] {
            assert!(run.send(request("GET", url)).await.unwrap().is_err());
        }
        let stopped = run.send(request("GET", CLOSED)).await.unwrap_err();
        assert_eq!(stopped.downcast_ref(), Some(&LimitReached(Limit::HttpRequests)));
        assert_eq!(run.http_requests, 1);
    }
}
