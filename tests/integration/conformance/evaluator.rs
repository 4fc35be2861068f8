//! A plugin that evaluates what it is sent: a table of expressions is one test.

use testkit::{Harness, Start};
use tidegate::Request;

/// A trigger that runs [`PLUGIN`].
pub(super) struct Evaluator(pub(super) Harness);

const PLUGIN: &str = r#"
import ast, threading
from collections import deque
from datetime import date, datetime, timedelta

class Point:
    def __init__(self, x): self.x = x
    def __repr__(self): return f"Point({self.x})"

def process_request(influxdb3_local, query_parameters, request_headers, request_body, args=None):
    scope = {**globals(), "local": influxdb3_local, "cache": influxdb3_local.cache, "args": args}
    try:
        *statements, last = ast.parse(request_body.decode()).body
        exec(compile(ast.Module(statements, []), "sent", "exec"), scope)
        value = eval(compile(ast.Expression(last.value), "sent", "eval"), scope)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return value if isinstance(value, str) else repr(value)
"#;

impl Evaluator {
    pub(super) async fn start() -> Self {
        Self(Start::python("request:evaluate", PLUGIN).start().await)
    }

    /// What `code` ends with, in a run of its own; after a `!` why the run failed.
    pub(super) async fn of(&self, code: &str) -> String {
        let request = Request { body: code.into(), ..Request::default() };
        let outcome = self.0.request("evaluate", request).await;
        match &outcome.response {
            Some(response) => String::from_utf8_lossy(&response.body).into_owned(),
            None => format!("! {}", outcome.error().unwrap_or_default()),
        }
    }

    pub(super) async fn expect(&self, table: &[(&str, &str)]) {
        for (code, expected) in table {
            assert_eq!(self.of(code).await, *expected, "{code}");
        }
    }
}
