//! Where requests may go: a scheme, a host and a port.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Where a request goes: `https://api.example.com`, `http://127.0.0.1:8396`.
///
/// In one spelling: the host in lower case, an address as an address, the port
/// a number even if it is the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpOrigin {
    scheme: Scheme,
    host: Host,
    port: u16,
}

/// How an origin is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

/// Who is meant by an origin.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name that stands for addresses.
    Name(String),
    /// One address. An IPv4 address in the disguise of IPv6 is an IPv4 address.
    Address(IpAddr),
}

/// The longest name that DNS knows.
const LONGEST_NAME: usize = 253;

impl Scheme {
    /// The port of origins that name none.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    /// What stands before `://`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl HttpOrigin {
    /// Puts an origin together; without a port it is the scheme's own.
    ///
    /// # Errors
    /// In words, if the host is none.
    pub fn new(scheme: Scheme, host: &str, port: Option<u16>) -> Result<Self, String> {
        let port = port.unwrap_or_else(|| scheme.default_port());
        if port == 0 {
            return Err("a port is a number from 1 to 65535".to_owned());
        }
        Ok(Self { scheme, host: host.parse()?, port })
    }

    /// How it is spoken to.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Who is meant.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port, the scheme's own included.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Host and port as a request names them: without the scheme's own port.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for HttpOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => fmt::Display::fmt(address, f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for Scheme {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Http, Self::Https]
            .into_iter()
            .find(|scheme| text.eq_ignore_ascii_case(scheme.as_str()))
            .ok_or_else(|| "must begin with http:// or https://".to_owned())
    }
}

impl FromStr for Host {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(inside) = text.strip_prefix('[') {
            let address = inside.strip_suffix(']').and_then(|inside| inside.parse::<Ipv6Addr>().ok());
            let address = address.ok_or("between [ and ] must stand an IPv6 address, without a zone")?;
            return Ok(Self::Address(IpAddr::V6(address).to_canonical()));
        }
        if text.contains(':') {
            return Err("an IPv6 address stands between [ and ]".to_owned());
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let allowed = |c: u8| c.is_ascii_alphanumeric() || b"-_.".contains(&c);
        if name.is_empty() || name.len() > LONGEST_NAME || name.split('.').any(str::is_empty) {
            return Err("the host's name is empty, has an empty part, or is longer than 253 characters".to_owned());
        }
        if !name.bytes().all(allowed) {
            return Err(
                "a host's name has letters, digits, `-`, `_` and `.`; write international names as xn--...".to_owned()
            );
        }
        // 127.1, 0x7f.1 and 2130706433 are addresses to some and names to others.
        let last = name.rsplit('.').next().unwrap_or_default();
        let hexadecimal = last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|c| c.is_ascii_hexdigit()));
        if hexadecimal || last.bytes().all(|c| c.is_ascii_digit()) {
            return Err("an IPv4 address has four decimal numbers, such as 127.0.0.1".to_owned());
        }
        Ok(Self::Name(name))
    }
}

impl FromStr for HttpOrigin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").ok_or("must begin with http:// or https://")?;
        let scheme: Scheme = scheme.parse()?;
        if rest.contains('@') {
            return Err("must not have a user or password in it".to_owned());
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if let Some(end) = rest.find(['/', '?', '#']) {
            let origin = rest.get(..end).unwrap_or_default();
            return Err(format!("must end with the host or port; leave the path away: {}://{origin}", scheme.as_str()));
        }
        // The last colon, unless it is one within an IPv6 address.
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (rest, None),
        };
        let number = |port: &str| port.parse::<u16>().map_err(|_| "a port is a number from 1 to 65535");
        Self::new(scheme, host, port.map(number).transpose()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_one_spelling() {
        for (text, shown) in [
            ("https://api.example.com", "https://api.example.com"),
            ("HTTPS://API.Example.COM:443/", "https://api.example.com"),
            ("http://api.example.com.:80", "http://api.example.com"),
            ("https://api.example.com:80", "https://api.example.com:80"),
            ("http://127.0.0.1:8396", "http://127.0.0.1:8396"),
            ("http://[::1]:8396", "http://[::1]:8396"),
            ("http://[0:0::1]", "http://[::1]"),
            ("http://[::ffff:127.0.0.1]", "http://127.0.0.1"),
        ] {
            assert_eq!(text.parse::<HttpOrigin>().map(|origin| origin.to_string()).as_deref(), Ok(shown), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_what_to_write_instead() {
        for (text, says) in [
            ("api.example.com", "http:// or https://"),
            ("ftp://example.com", "http:// or https://"),
            ("https://example.com/v1/send", "leave the path away: https://example.com"),
            ("https://example.com?x", "leave the path away"),
            ("https://me:secret@example.com", "user or password"),
            ("https://", "empty"),
            ("https://a..b", "empty part"),
            ("https://example.com:0", "1 to 65535"),
            ("https://example.com:port", "1 to 65535"),
            ("https://exämple.com", "xn--"),
            ("https://a'b$(id)", "letters, digits"),
            ("https://*.example.com", "letters, digits"),
            ("http://127.1", "127.0.0.1"),
            ("http://2130706433", "127.0.0.1"),
            ("http://0x7f000001", "127.0.0.1"),
            ("http://0177.0.0.1", "127.0.0.1"),
            ("http://::1", "[ and ]"),
            ("http://[fe80::1%25eth0]", "without a zone"),
        ] {
            let error = text.parse::<HttpOrigin>().unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
