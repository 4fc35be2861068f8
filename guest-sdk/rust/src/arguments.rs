//! What a trigger was created with.

use std::fmt::Display;
use std::str::FromStr;

use crate::failure::Failure;

/// The arguments of the trigger that is running.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments {
    pairs: Vec<(String, String)>,
}

impl Arguments {
    /// Returns an argument as it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.pairs.iter().find(|(key, _)| key == name)?;
        Some(value)
    }

    /// Returns an argument that the plugin cannot do without.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if it is missing or cannot be read as a `T`.
    ///
    /// ```
    /// # use tidegate_sdk::Arguments;
    /// let args = Arguments::from_iter([("threshold", "high")]);
    ///
    /// let failure = args.required::<f64>("threshold").unwrap_err();
    ///
    /// assert_eq!(
    ///     failure.to_string(),
    ///     "argument is not valid: invalid float literal. name=`threshold`, value=`high`",
    /// );
    /// ```
    #[track_caller]
    pub fn required<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, Failure> {
        match self.get(name) {
            Some(value) => parse(name, value),
            None => Err(Failure::invalid(format!("argument is missing. name=`{name}`"))),
        }
    }

    /// Returns an argument if it was given.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if it cannot be read as a `T`.
    #[track_caller]
    pub fn optional<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Failure> {
        match self.get(name) {
            Some(value) => parse(name, value).map(Some),
            None => Ok(None),
        }
    }

    /// Goes through the arguments in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[track_caller]
fn parse<T: FromStr<Err: Display>>(name: &str, value: &str) -> Result<T, Failure> {
    match value.parse() {
        Ok(parsed) => Ok(parsed),
        Err(error) => Err(Failure::invalid(format!("argument is not valid: {error}. name=`{name}`, value=`{value}`"))),
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Arguments {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self { pairs: pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_required_argument_is_parsed() {
        assert_eq!(Arguments::from_iter([("a", "1"), ("b", "2")]).required("b"), Ok(2));
    }

    #[test]
    fn a_missing_argument_is_named() {
        let failure = Arguments::default().required::<f64>("threshold").unwrap_err();

        assert!(matches!(failure, Failure::Invalid(_)));
        assert_eq!(failure.to_string(), "argument is missing. name=`threshold`");
    }

    #[test]
    fn an_optional_argument_may_be_missing_but_not_wrong() {
        let args = Arguments::from_iter([("limit", "many")]);

        assert_eq!(args.optional::<u8>("other"), Ok(None));
        assert!(args.optional::<u8>("limit").is_err());
    }
}
