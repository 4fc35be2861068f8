//! A request as it is sent, checked before anything is done with it.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};

use super::FROM_PLUGIN;
use crate::model::{HttpOrigin, Scheme, method};

/// A request that can be sent as it is.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) method: String,
    pub(crate) origin: HttpOrigin,
    request: Request<Full<Bytes>>,
}

/// The longest URL, and all headers together.
const MAX_URL_BYTES: usize = 16 << 10;
const MAX_HEADER_BYTES: usize = 64 << 10;
const MAX_HEADERS: usize = 100;

/// What is about the connection, which is the host's, and not about the
/// request or answer (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [&str; 10] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Outgoing {
    /// Checks a request.
    ///
    /// # Errors
    /// In words for the guest.
    pub(crate) fn check(
        (verb, url): (&str, &str),
        headers: Vec<(String, String)>,
        body: Vec<u8>,
    ) -> Result<Self, String> {
        let verb = method(verb)?;
        let (origin, target) = target(url)?;
        let mut request = Request::new(());
        *request.headers_mut() = checked_headers(headers, &origin, body.len())?;
        *request.method_mut() = Method::from_bytes(verb.as_bytes()).map_err(|error| error.to_string())?;
        *request.uri_mut() = target;
        let request = request.map(|()| Full::new(Bytes::from(body)));
        Ok(Self { method: verb, origin, request })
    }

    pub(super) fn into_request(self) -> Request<Full<Bytes>> {
        self.request
    }
}

/// Where a URL leads, and what is asked for there.
fn target(url: &str) -> Result<(HttpOrigin, Uri), String> {
    let wrong = |why: &str| format!("a request's URL {why}. url=`{}`", shown(url));
    if url.len() > MAX_URL_BYTES {
        return Err(wrong("is longer than 16384 bytes"));
    }
    let uri: Uri = url.parse::<Uri>().map_err(|error| wrong(&format!("is none: {error}; encode what is no ASCII")))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("must begin with http:// or https:// and a host"));
    };
    if authority.as_str().contains('@') {
        return Err("a request's URL must not have a user or password in it; send a header `authorization`".to_owned());
    }
    let scheme: Scheme = scheme.parse().map_err(|why: String| wrong(&why))?;
    // One parser for what is granted and for what is asked, so that they cannot differ.
    let origin: HttpOrigin = format!("{}://{authority}", scheme.as_str())
        .parse()
        .map_err(|why: String| wrong(&format!("has no host that can be asked: {why}")))?;
    let path = uri.path_and_query().map_or("/", |target| target.as_str());
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok((origin, path.parse::<Uri>().map_err(|error| wrong(&format!("is none: {error}")))?))
}

/// The beginning of a URL: its query may hold secrets.
fn shown(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len()).min(url.floor_char_boundary(200));
    url.get(..end).unwrap_or_default().escape_debug().to_string()
}

fn checked_headers(headers: Vec<(String, String)>, origin: &HttpOrigin, body: usize) -> Result<HeaderMap, String> {
    let bytes =
        headers.iter().map(|(name, value)| name.len().saturating_add(value.len())).fold(0, usize::saturating_add);
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(format!(
            "a request has too many headers. count=`{}` bytes=`{bytes}` allowed=`{MAX_HEADERS}, {MAX_HEADER_BYTES}`",
            headers.len()
        ));
    }
    let mut checked = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let wrong = |what: &str| format!("a request has a header whose {what}. name=`{}`", name.escape_debug());
        let known = HeaderName::try_from(name.as_str()).map_err(|_| wrong("name cannot be sent"))?;
        let sent = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| wrong("value has control characters"))?;
        if known == HOST && !names(&value, origin) {
            return Err(wrong("value is not the host of the URL"));
        }
        if known == CONTENT_LENGTH && value.trim().parse::<usize>() != Ok(body) {
            return Err(wrong("value is not the length of the body"));
        }
        checked.append(known, sent);
    }
    drop_connection_headers(&mut checked);
    checked.remove(CONTENT_LENGTH);
    let host = HeaderValue::try_from(origin.authority()).map_err(|error| error.to_string())?;
    checked.insert(HOST, host);
    checked.insert(HeaderName::from_static(FROM_PLUGIN), HeaderValue::from_static("1"));
    Ok(checked)
}

/// Whether a `Host` header means the origin, with or without its port.
fn names(value: &str, origin: &HttpOrigin) -> bool {
    let named = format!("{}://{}", origin.scheme().as_str(), value.trim());
    named.parse::<HttpOrigin>().is_ok_and(|named| named == *origin)
}

/// Takes out what is about the connection, and what `Connection` says is.
pub(super) fn drop_connection_headers(headers: &mut HeaderMap) {
    let listed: Vec<_> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| HeaderName::try_from(name.trim()).ok())
        .collect();
    listed.iter().for_each(|name| drop(headers.remove(name)));
    OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(*name)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Outgoing, String> {
        let headers = headers.iter().map(|(name, value)| (String::from(*name), String::from(*value))).collect();
        Outgoing::check(("get", url), headers, body.to_vec())
    }

    #[test]
    fn a_url_leads_to_an_origin_and_asks_for_the_rest() {
        for (url, origin, target) in [
            ("http://a.example", "http://a.example", "/"),
            ("HTTP://A.Example:80/x?y=1#z", "http://a.example", "/x?y=1"),
            ("https://a.example:8443?q", "https://a.example:8443", "/?q"),
            ("http://[::1]:80/", "http://[::1]", "/"),
        ] {
            let request = check(url, &[], b"").unwrap();
            assert_eq!((request.method.as_str(), request.origin.to_string().as_str()), ("GET", origin), "{url}");
            assert_eq!(request.into_request().uri().to_string(), target);
        }
    }

    #[test]
    fn a_request_that_cannot_be_sent_is_refused_with_the_reason() {
        for (url, headers, says) in [
            ("/only/a/path", ("a", ""), "must begin with"),
            ("ftp://a.example/", ("a", ""), "must begin with"),
            ("http://user:password@a.example/", ("a", ""), "user or password"),
            ("http://a.example/ b", ("a", ""), "URL is none"),
            ("http://2130706433/", ("a", ""), "127.0.0.1"),
            ("http:///x", ("a", ""), "URL"),
            ("http://a.example", ("x y", ""), "name cannot be sent"),
            ("http://a.example", ("x", "1\r\nhost: b"), "control characters"),
            ("http://a.example", ("Host", "b.example"), "not the host"),
            ("http://a.example", ("Host", "a.example:81"), "not the host"),
            ("http://a.example", ("Content-Length", "5"), "not the length"),
        ] {
            let error = check(url, &[headers], b"1234").unwrap_err();
            assert!(error.contains(says), "{url} {headers:?}: {error}");
        }
        assert!(check(&format!("http://a.example/{}", "x".repeat(20_000)), &[], b"").is_err());
        assert!(check("http://a.example", &[("a", "b"); 101], b"").is_err());
    }

    #[test]
    fn what_is_about_the_connection_is_the_hosts() {
        let headers = [
            ("Host", "A.example:80"),
            ("Connection", "close, X-Hop"),
            ("X-Hop", "1"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "4"),
            ("Accept", "*/*"),
            ("Tidegate-Plugin", "no"),
        ];
        let request = check("http://a.example/", &headers, b"1234").unwrap().into_request();
        let mut sent: Vec<_> =
            request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        sent.sort_unstable();
        assert_eq!(sent, [("accept", &b"*/*"[..]), ("host", b"a.example"), (FROM_PLUGIN, b"1")]);
    }

    #[test]
    fn a_refusal_does_not_show_the_query() {
        let error = check("ftp://a.example/x?token=secret", &[], b"").unwrap_err();
        assert!(!error.contains("secret") && error.contains("ftp://a.example/x"), "{error}");
    }
}
