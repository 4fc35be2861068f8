//! In which format a client wants rows.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode};

use crate::http::refusal::Refusal;

const PARQUET: &str = "application/vnd.apache.parquet";

/// In which format a client wants rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::http) enum Format {
    /// An array of objects.
    Json,
    /// An object a line.
    JsonLines,
    /// Comma-separated values, with a header.
    Csv,
    /// A table for people.
    Pretty,
    /// A Parquet file.
    Parquet,
}

impl Format {
    /// The format called `name`, or else the one that the headers accept.
    ///
    /// # Errors
    /// If it is not known, or not supported.
    pub(in crate::http) fn wanted(name: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        name.map_or_else(|| Self::accepted(headers), Self::named)
    }

    fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "json" => Ok(Self::Json),
            "jsonl" | "json_lines" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            "pretty" => Ok(Self::Pretty),
            "parquet" => Ok(Self::Parquet),
            other => Err(Refusal::text(
                StatusCode::BAD_REQUEST,
                format!("a format is one of json, jsonl, csv, pretty, parquet. format=`{other}`"),
            )),
        }
    }

    fn accepted(headers: &HeaderMap) -> Result<Self, Refusal> {
        let accept = headers.get(ACCEPT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        match accept.as_deref() {
            None | Some("application/json" | "*/*") => Ok(Self::Json),
            Some("application/jsonl" | "application/x-ndjson") => Ok(Self::JsonLines),
            Some("text/csv") => Ok(Self::Csv),
            Some("text/plain") => Ok(Self::Pretty),
            Some(PARQUET) => Ok(Self::Parquet),
            // What browsers send.
            Some(other) if other.contains("text/html") => Ok(Self::Json),
            Some(other) => Err(Refusal::text(StatusCode::BAD_REQUEST, format!("invalid mime type ({other})"))),
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv",
            Self::Pretty => "text/plain; charset=utf-8",
            Self::Parquet => PARQUET,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(name: Option<&str>, accept: Option<&'static str>) -> Result<Format, String> {
        let headers = accept.map(|accept| (ACCEPT, accept.parse().unwrap()));
        Format::wanted(name, &headers.into_iter().collect()).map_err(|refusal| refusal.reason)
    }

    #[test]
    fn the_name_of_a_format_wins_over_what_is_accepted() {
        assert_eq!(wanted(Some("json_lines"), Some("text/csv")), Ok(Format::JsonLines));
        assert!(wanted(Some("xml"), None).unwrap_err().contains("format=`xml`"));
        assert_eq!(wanted(Some("parquet"), None), Ok(Format::Parquet));
    }

    #[test]
    fn without_a_name_the_client_gets_what_it_accepts() {
        assert_eq!(wanted(None, None), Ok(Format::Json));
        assert_eq!(wanted(None, Some("*/*")), Ok(Format::Json));
        assert_eq!(wanted(None, Some("text/csv")), Ok(Format::Csv));
        assert_eq!(wanted(None, Some("text/plain")), Ok(Format::Pretty));
        assert_eq!(wanted(None, Some("text/html,application/xml;q=0.9")), Ok(Format::Json));
        assert_eq!(wanted(None, Some("image/png")), Err("invalid mime type (image/png)".into()));
    }
}
