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
    /// The longest first: one may be part of another.
    secrets: Arc<[Secret]>,
}

/// A shorter value stands in texts by chance, and is soon guessed anyway.
const SHORTEST: usize = 6;

impl Redaction {
    /// Strikes out those of `secrets` that are long enough.
    pub(crate) fn of<'a>(secrets: impl Iterator<Item = &'a Secret>) -> Self {
        let mut secrets: Vec<_> =
            secrets.filter(|secret| secret.expose().chars().count() >= SHORTEST).cloned().collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.expose().len()));
        Self { secrets: secrets.into() }
    }

    /// The text without secrets.
    pub(crate) fn apply(&self, mut text: String) -> String {
        for secret in self.secrets.iter() {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), HIDDEN);
            }
        }
        text
    }
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
}
