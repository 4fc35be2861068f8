//! `name=value` on the command line.

use tidegate::Limit;

/// An argument for a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Argument {
    pub(super) name: String,
    pub(super) value: String,
}

/// A limit of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) limit: Limit,
    pub(super) amount: u64,
}

/// Parses `name=value`; the value may contain `=`.
pub(super) fn argument(text: &str) -> Result<Argument, String> {
    // InfluxDB 3's text.
    let (name, value) = text.split_once('=').ok_or("must be formatted as \"key=value\"")?;
    Ok(Argument { name: name.to_owned(), value: value.to_owned() })
}

/// Parses `limit=amount`.
pub(super) fn amount(text: &str) -> Result<Amount, String> {
    let Argument { name, value } = argument(text)?;
    let amount = value.replace('_', "").parse().map_err(|_| format!("is no whole number: {value}"))?;
    Ok(Amount { limit: name.parse()?, amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_equals_sign_divides() {
        assert_eq!(argument("a=b=c"), Ok(Argument { name: "a".into(), value: "b=c".into() }));
    }

    #[test]
    fn amounts_may_be_grouped() {
        assert_eq!(amount("fuel=1_000_000"), Ok(Amount { limit: Limit::Fuel, amount: 1_000_000 }));
        assert!(amount("fuel=much").is_err());
    }
}
