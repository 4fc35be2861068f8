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

/// Parses a size in bytes, such as 512, 64KiB or 10MB.
pub(super) fn size(text: &str) -> Result<usize, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '_').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim() {
        "" | "B" => Some(1),
        "kB" | "KB" => Some(1_000),
        "MB" => Some(1_000_000),
        "GB" => Some(1_000_000_000),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let size = number.replace('_', "").parse::<usize>().ok().zip(scale);
    let size = size.and_then(|(number, scale)| number.checked_mul(scale)).filter(|size| *size > 0);
    size.ok_or_else(|| "a size is a number of bytes, or has a unit such as KiB or MiB".to_owned())
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

    #[test]
    fn sizes_have_units() {
        assert_eq!(["512", "10MiB", "10 MiB", "5MB"].map(size), [Ok(512), Ok(10 << 20), Ok(10 << 20), Ok(5_000_000)]);
        for text in ["", "MiB", "0", "10 parsecs", "99999999999GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
