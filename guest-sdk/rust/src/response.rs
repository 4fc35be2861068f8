//! What a plugin answers.

pub use crate::bindings::request::exports::tidegate::plugin::on_request::Response;

/// ```
/// use tidegate_sdk::Response;
///
/// let response = Response::json(r#"{"error": "no such host"}"#).with_status(404);
///
/// assert_eq!(response.headers, [("content-type".into(), "application/json".into())]);
/// ```
impl Response {
    /// Makes an answer without a body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: vec![], body: vec![] }
    }

    /// Makes an answer of plain text, with status 200.
    pub fn text(text: impl Into<String>) -> Self {
        Self::of("text/plain; charset=utf-8", text.into())
    }

    /// Makes an answer of text that is JSON already, with status 200.
    pub fn json(json: impl Into<String>) -> Self {
        Self::of("application/json", json.into())
    }

    /// Sets the status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    fn of(content_type: &str, body: String) -> Self {
        Self { body: body.into_bytes(), ..Self::status(200) }.with_header("content-type", content_type)
    }
}
