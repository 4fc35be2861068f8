//! How long, on the command line.

use std::time::Duration;

/// Checks a retention period here, so that a mistake is found without a server;
/// it is sent as it is.
pub(super) fn period(text: &str) -> Result<String, String> {
    match text {
        "none" => Ok(text.to_owned()),
        period => duration(period).map(|_| text.to_owned()),
    }
}

/// Parses a duration, such as 10d or 1h 30m.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write it like 30d or 12h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_durations_or_none() {
        assert_eq!(period("none"), Ok("none".to_owned()));
        assert_eq!(period("30d"), Ok("30d".to_owned()));
        assert!(period("month").unwrap_err().contains("like 30d"));
        assert_eq!(duration("10d"), Ok(Duration::from_secs(864_000)));
    }
}
