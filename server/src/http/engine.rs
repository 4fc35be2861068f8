//! `/api/v3/engine/<path>`: requests that triggers answer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{
    AUTHORIZATION, CONNECTION, CONTENT_LENGTH, COOKIE, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
    UPGRADE,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::Response;
use tidegate::{Ending, ErrorKind, Outcome, TriggerSpec};

use super::refusal::{self, Refusal};
use super::request::{Content, parameters};
use crate::caller::{Caller, Denied};
use crate::permissions::{Action, Scope};
use crate::server::Server;

/// What stands before the path of a trigger.
pub(super) const PREFIX: &str = "/api/v3/engine/";
/// What plugins must not see: it would let them act as the client.
const CREDENTIALS: [HeaderName; 3] = [AUTHORIZATION, PROXY_AUTHORIZATION, COOKIE];
/// What only the connection knows, whatever a guest says.
const OF_THE_CONNECTION: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE];

/// Answers with the trigger that serves the path.
pub(super) async fn answer(
    State(server): State<Arc<Server>>,
    caller: Caller,
    request: Request,
) -> Result<Response, Refusal> {
    if request.method() == Method::HEAD {
        return Err(Refusal::text(StatusCode::NOT_FOUND, "Not found"));
    }
    // The path is compared as it was sent, not decoded, as in InfluxDB 3.
    let path = request.uri().path().strip_prefix(PREFIX).unwrap_or_default().to_owned();
    let query = parameters(request.uri())?;
    admit(&server, &caller, &path)?;
    let headers = headers_for_plugin(request.headers());
    let method = request.method().as_str().to_owned();
    let Content(body) = Content::from_request(request, &server).await?;
    let event = tidegate::Request { method, path: path.clone(), query, headers, body: body.into() };
    let outcome = server.runtime.request(caller.tenant(), &path, event).await.map_err(no_outcome)?;
    let Outcome { ending: Ending::Succeeded, response: Some(response), .. } = outcome else {
        return Err(Refusal::error(StatusCode::INTERNAL_SERVER_ERROR, failure(&outcome)));
    };
    given(response)
}

/// Whether the caller may send requests to the trigger that serves `path`.
fn admit(server: &Server, caller: &Caller, path: &str) -> Result<(), Refusal> {
    if caller.scope(Action::Request) == Scope::All {
        return Ok(());
    }
    let serves = |spec: &TriggerSpec| matches!(spec, TriggerSpec::Request(served) if served == path);
    let triggers = server.triggers.list_all(caller.tenant());
    let serving = triggers.into_iter().find(|status| serves(&status.trigger.spec)).ok_or_else(not_found)?;
    match caller.database(Action::Request, serving.trigger.id.database.name) {
        Ok(_) => Ok(()),
        Err(Denied::Hidden(_)) => Err(not_found()),
        Err(denied) => Err(denied.into()),
    }
}

fn not_found() -> Refusal {
    Refusal::error(StatusCode::NOT_FOUND, "not found")
}

fn headers_for_plugin(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| !CREDENTIALS.contains(name))
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}

fn no_outcome(error: tidegate::Error) -> Refusal {
    if error.kind() == ErrorKind::NotFound {
        return not_found();
    }
    Refusal::error(refusal::status(error.kind()), error.to_string()).until(error.retry_after())
}

/// How Python says that the function takes other arguments. Nothing of the
/// plugin has run then, and so there is no traceback.
const WRONG_ARGUMENTS: &str = "TypeError: process_request()";

/// Why a run gave no answer. For a Python exception the text is InfluxDB 3's.
fn failure(outcome: &Outcome) -> String {
    let error = outcome.error().unwrap_or_else(|| "the plugin gave no answer".to_owned());
    if outcome.traceback().is_some() || error.starts_with(WRONG_ARGUMENTS) {
        return format!("Python function call failed: {error}");
    }
    error
}

/// The response as the plugin gave it.
fn given(response: tidegate::Response) -> Result<Response, Refusal> {
    let cannot = |what: &str| {
        Refusal::error(StatusCode::INTERNAL_SERVER_ERROR, format!("the plugin's answer cannot be sent: {what}"))
    };
    // 1xx would leave the client waiting for the answer proper.
    let status = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| !status.is_informational())
        .ok_or_else(|| cannot("its status is none"))?;
    let mut answer = Response::new(Body::from(response.body));
    *answer.status_mut() = status;
    for (name, value) in response.headers {
        let name = HeaderName::try_from(name).map_err(|_| cannot("the name of a header is none"))?;
        let value = HeaderValue::try_from(value).map_err(|_| cannot("the value of a header is none"))?;
        if !OF_THE_CONNECTION.contains(&name) {
            answer.headers_mut().append(name, value);
        }
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, header: (&str, &str)) -> tidegate::Response {
        tidegate::Response { status, headers: vec![(header.0.into(), header.1.into())], body: b"hello".to_vec() }
    }

    #[test]
    fn plugins_do_not_see_credentials() {
        let headers = [(AUTHORIZATION, "Bearer x"), (COOKIE, "a=b"), (HeaderName::from_static("x-a"), "1")]
            .map(|(name, value)| (name, HeaderValue::from_static(value)));
        assert_eq!(headers_for_plugin(&headers.into_iter().collect()), [("x-a".to_owned(), "1".to_owned())]);
    }

    #[test]
    fn a_plugin_does_not_speak_for_the_connection() {
        let answer = given(response(201, ("Content-Length", "999"))).unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().len()), (201, 0));
        let answer = given(response(200, ("X-Own", "1"))).unwrap();
        assert_eq!(answer.headers()["x-own"], "1");
    }

    #[test]
    fn what_is_no_answer_is_the_plugins_fault() {
        for response in [response(101, ("a", "b")), response(99, ("a", "b")), response(200, ("a b", "c"))] {
            assert_eq!(given(response).unwrap_err().status, StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}
