//! In which unit the timestamps of a write are.

use std::fmt;
use std::str::FromStr;

/// In which unit the timestamps of a write are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// Guessed for each line from how large the number is: seconds for dates
    /// until 2128, and so on.
    Auto,
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
    /// Microseconds.
    Microsecond,
    /// Nanoseconds.
    #[default]
    Nanosecond,
}

impl Precision {
    /// The nanoseconds that `timestamp` stands for; nothing if they do not fit.
    pub(crate) fn nanoseconds(self, timestamp: i64) -> Option<i64> {
        let factor = match self {
            // InfluxDB 3's thresholds: 5 thousand million of the unit.
            Self::Auto => match timestamp.unsigned_abs() / 1_000_000_000 {
                0..5 => 1_000_000_000,
                5..5_000 => 1_000_000,
                5_000..5_000_000 => 1_000,
                5_000_000.. => 1,
            },
            Self::Second => 1_000_000_000,
            Self::Millisecond => 1_000_000,
            Self::Microsecond => 1_000,
            Self::Nanosecond => 1,
        };
        timestamp.checked_mul(factor)
    }
}

impl fmt::Display for Precision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Second => "second",
            Self::Millisecond => "millisecond",
            Self::Microsecond => "microsecond",
            Self::Nanosecond => "nanosecond",
        })
    }
}

/// Why a text is no precision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadPrecision(String);

impl fmt::Display for BadPrecision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a precision is one of auto, second, millisecond, microsecond, nanosecond. precision=`{}`", self.0)
    }
}

impl std::error::Error for BadPrecision {}

impl FromStr for Precision {
    type Err = BadPrecision;

    fn from_str(text: &str) -> Result<Self, BadPrecision> {
        match text {
            "auto" => Ok(Self::Auto),
            "second" | "s" => Ok(Self::Second),
            "millisecond" | "ms" => Ok(Self::Millisecond),
            "microsecond" | "us" | "u" => Ok(Self::Microsecond),
            "nanosecond" | "ns" | "n" => Ok(Self::Nanosecond),
            other => Err(BadPrecision(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn auto_goes_by_magnitude() {
        let second = 1_700_000_000;
        for timestamp in [second, second * 1_000, second * 1_000_000, second * 1_000_000_000] {
            assert_eq!(Precision::Auto.nanoseconds(timestamp), Some(second * 1_000_000_000));
            assert_eq!(Precision::Auto.nanoseconds(-timestamp), Some(-second * 1_000_000_000));
        }
    }

    #[test]
    fn what_does_not_fit_into_nanoseconds_is_nothing() {
        assert_eq!(Precision::Second.nanoseconds(9_223_372_037), None);
        assert_eq!(Precision::Auto.nanoseconds(i64::MIN), Some(i64::MIN));
    }

    #[test]
    fn a_precision_that_is_printed_parses_to_the_same() {
        for text in ["auto", "s", "ms", "us", "u", "ns", "n", "second"] {
            let precision: Precision = text.parse().unwrap();
            assert_eq!(precision.to_string().parse(), Ok(precision));
        }
        assert!("hour".parse::<Precision>().is_err());
    }
}
