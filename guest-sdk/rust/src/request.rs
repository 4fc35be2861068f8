//! What a client asks of a plugin.

use std::str::{Utf8Error, from_utf8};

pub use crate::bindings::request::exports::tidegate::plugin::on_request::Request;

impl Request {
    /// Returns the first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Returns the first value of that name in the query string.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let (_, value) = self.query.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// Returns the body as text.
    ///
    /// # Errors
    /// If it is not UTF-8.
    pub fn text(&self) -> Result<&str, Utf8Error> {
        from_utf8(&self.body)
    }
}

pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_in_any_case_and_parameters_are_not() {
        let request = Request {
            method: "GET".into(),
            path: String::new(),
            query: vec![("From".into(), "1".into())],
            headers: vec![("content-type".into(), "text/plain".into())],
            body: b"hello".to_vec(),
        };

        assert_eq!(request.header("Content-Type"), Some("text/plain"));
        assert_eq!((request.parameter("From"), request.parameter("from")), (Some("1"), None));
        assert_eq!(request.text(), Ok("hello"));
    }
}
