//! Values that are never shown, and texts in which they are struck out.

use std::fmt;
use std::sync::Arc;

/// A value that is never shown: neither its debug output nor its display has
/// it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

/// What is shown instead.
const HIDDEN: &str = "***";

impl Secret {
    /// Keeps `value` to itself.
    pub fn new(value: impl AsRef<str>) -> Self {
        Self(value.as_ref().into())
    }

    /// The value, for whoever it was meant for.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

/// Strikes secrets out of texts that people read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redaction {
    /// All spellings, the longest first: one may be part of another.
    spellings: Arc<[Secret]>,
}

/// A shorter value stands in texts by chance, and is soon guessed anyway.
const SHORTEST: usize = 6;

impl Redaction {
    /// Strikes out those of `secrets` that are long enough, also as they stand in
    /// Python's and JSON's literals and in URLs.
    pub(crate) fn of<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let long = secrets.filter(|secret| secret.expose().chars().count() >= SHORTEST);
        let mut spellings: Vec<_> = long.flat_map(|secret| spellings(secret.expose())).map(Secret::new).collect();
        spellings.sort_by(|one, other| (other.0.len(), &other.0).cmp(&(one.0.len(), &one.0)));
        spellings.dedup();
        Self { spellings: spellings.into() }
    }

    /// The text without secrets.
    pub(crate) fn apply(&self, mut text: String) -> String {
        for secret in self.spellings.iter() {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), HIDDEN);
            }
        }
        text
    }
}

/// How `value` is spelled where it is not spelled as it is.
fn spellings(value: &str) -> [String; 6] {
    let literal = |quote: &str| value.replace('\\', r"\\").replace(quote, &format!("\\{quote}")).replace('\n', r"\n");
    let slashes = value.replace('\\', r"\\").replace('\n', r"\n");
    [value.to_owned(), literal("'"), literal("\""), slashes, in_url(value, b""), in_url(value, b"/")]
}

/// As in the parts of a URL, in which the `safe` bytes stand for themselves.
fn in_url(value: &str, safe: &[u8]) -> String {
    let mut spelled = String::new();
    for byte in value.bytes() {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' => spelled.push(byte.into()),
            byte if safe.contains(&byte) => spelled.push(byte.into()),
            byte => spelled.push_str(&format!("%{byte:02X}")),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret = Secret::new("hunter2");
        assert_eq!((format!("{secret}"), format!("{secret:?}")), ("***".to_owned(), "***".to_owned()));
    }

    #[test]
    fn secrets_are_struck_out_the_longest_first_and_short_ones_not() {
        let secrets = ["token-1", "token-1-long", "short"].map(Secret::new);
        let redaction = Redaction::of(secrets.iter());
        assert_eq!(redaction.apply("token-1-long, token-1 and short".to_owned()), "***, *** and short");
    }

    #[test]
    fn a_secret_is_struck_out_as_literals_and_urls_spell_it() {
        let secret = Secret::new(r#"p/a+s"s'w\rd"#);
        let redaction = Redaction::of([&secret].into_iter());
        for text in [
            r#"p/a+s"s'w\rd"#,
            r#"'p/a+s"s\'w\\rd'"#,
            r#""p/a+s\"s'w\\rd""#,
            r#"p/a+s"s'w\\rd"#,
            "p%2Fa%2Bs%22s%27w%5Crd",
            "p/a%2Bs%22s%27w%5Crd",
        ] {
            let redacted = redaction.apply(text.to_owned());
            assert_eq!(redacted.trim_matches(['"', '\'']), "***", "{text}");
        }
    }
}
