//! When a trigger runs, as text: `table:cpu`, `every:10s`, `request:summary`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::TableName;

/// When a trigger runs.
#[derive(Debug, Clone, PartialEq)]
pub enum TriggerSpec {
    /// When rows are written.
    Write(TableSelection),
    /// When it is time.
    Schedule(Schedule),
    /// When a client asks for this path.
    Request(String),
}

/// The tables whose rows a trigger wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableSelection {
    /// Those of the trigger's database.
    All,
    /// This one. It need not exist yet.
    One(TableName),
}

/// When a scheduled trigger is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// At all multiples of this since 1970.
    Every(Duration),
    /// At the times, in UTC, that the expression names: seconds, minutes,
    /// hours, day of month, month, day of week and, if wanted, year.
    Cron(Box<cron::Schedule>),
}

/// Why a text is no trigger spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSpec(String);

impl fmt::Display for BadSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadSpec {}

/// Below a millisecond a schedule is a busy loop.
const SHORTEST: Duration = Duration::from_millis(1);
/// As in InfluxDB 3: 365.25 days.
const LONGEST: Duration = Duration::from_secs(31_557_600);

impl FromStr for TriggerSpec {
    type Err = BadSpec;

    // The texts are InfluxDB 3's, with a reason where it gives none.
    fn from_str(spec: &str) -> Result<Self, BadSpec> {
        let bad = |why: &str| BadSpec(format!("failed to parse trigger from {spec}: {why}"));
        let text = spec.trim();
        if text == "all_tables" {
            return Ok(Self::Write(TableSelection::All));
        }
        if let Some(name) = after(text, "table:") {
            if name.is_empty() {
                return Err(bad("table name is empty"));
            }
            let name = TableName::new(name).map_err(|error| bad(&error.to_string()))?;
            return Ok(Self::Write(TableSelection::One(name)));
        }
        if let Some(expression) = after(text, "cron:") {
            let schedule = cron::Schedule::from_str(expression).map_err(|error| bad(&bad_cron(expression, &error)))?;
            return Ok(Self::Schedule(Schedule::Cron(Box::new(schedule))));
        }
        if let Some(duration) = after(text, "every:") {
            let bad_duration = |_| {
                bad("couldn't parse to duration; expected numbers with units, such as 'every:10s' or 'every:1h 30m'")
            };
            let every = humantime::parse_duration(duration).map_err(bad_duration)?;
            return match every {
                every if every < SHORTEST => Err(bad("don't support every schedules of under 1 millisecond")),
                every if every > LONGEST => Err(bad("don't support every schedules of over 1 year")),
                every => Ok(Self::Schedule(Schedule::Every(every))),
            };
        }
        if let Some(path) = after(text, "request:") {
            return match path {
                "" => Err(bad("request path is empty")),
                path => Ok(Self::Request(path.to_owned())),
            };
        }
        Err(bad("expect one of the following forms: 'table:<TABLE_NAME>', 'all_tables', 'cron:<CRON_EXPRESSION>', \
             'every:<DURATION>', or 'request:<PATH>'"))
    }
}

/// What follows `prefix`, which may stand there more than once as in InfluxDB 3.
fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let mut rest = text.strip_prefix(prefix)?.trim();
    while let Some(more) = rest.strip_prefix(prefix) {
        rest = more.trim();
    }
    Some(rest)
}

fn bad_cron(expression: &str, error: &cron::error::Error) -> String {
    if expression.split_whitespace().count() == 5 {
        return format!("{error}; the seconds are missing, write 'cron:0 {expression}'");
    }
    format!("{error}; expected 'sec min hour day-of-month month day-of-week [year]', such as 'cron:0 */5 * * * *'")
}

impl fmt::Display for TriggerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Write(TableSelection::All) => f.write_str("all_tables"),
            Self::Write(TableSelection::One(table)) => write!(f, "table:{table}"),
            Self::Schedule(Schedule::Every(every)) => {
                write!(f, "every:{}", humantime::format_duration(*every))
            }
            Self::Schedule(Schedule::Cron(schedule)) => write!(f, "cron:{schedule}"),
            Self::Request(path) => write!(f, "request:{path}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn canonical(spec: &str) -> String {
        spec.parse::<TriggerSpec>().map_or_else(|error| error.to_string(), |spec| spec.to_string())
    }

    #[test]
    fn specs_have_one_canonical_text() {
        assert_eq!(canonical(" table: cpu "), "table:cpu");
        assert_eq!(canonical("all_tables"), "all_tables");
        assert_eq!(canonical("table:table: table:x"), "table:x");
        assert_eq!(canonical("cron:@hourly"), "cron:@hourly");
        assert_eq!(canonical("every:90s"), "every:1m 30s");
        assert_eq!(canonical("every:1h 30min"), "every:1h 30m");
        assert_eq!(canonical("every:2days"), "every:2days");
        assert_eq!(canonical("cron:0 */5 * * * *"), "cron:0 */5 * * * *");
        assert_eq!(canonical("request:a/b"), "request:a/b");
    }

    #[test]
    fn a_bad_spec_says_what_is_expected() {
        assert_eq!(canonical("table:"), "failed to parse trigger from table:: table name is empty");
        assert!(
            canonical("every:10")
                .starts_with("failed to parse trigger from every:10: couldn't parse to duration; expected")
        );
        assert!(canonical("every:0s").ends_with("don't support every schedules of under 1 millisecond"));
        assert!(canonical("every:2years").ends_with("don't support every schedules of over 1 year"));
        assert!(canonical("every:500us").ends_with("don't support every schedules of under 1 millisecond"));
        assert!(canonical("cron:* * * * *").ends_with("the seconds are missing, write 'cron:0 * * * * *'"));
        assert!(canonical("cron:sometimes").contains("expected 'sec min hour"));
        assert!(canonical("request: ").ends_with("request path is empty"));
        assert!(canonical("Table:x").contains("expect one of the following forms"));
        assert!(canonical("on_write").contains("expect one of the following forms"));
    }

    proptest! {
        #[test]
        fn what_is_printed_parses_to_the_same(millis in 1_u64..=31_557_600_000, table in "[^\\s\\p{Cc}][^\\p{Cc}]{0,20}[^\\s\\p{Cc}]") {
            for spec in [format!("every:{millis}ms"), format!("table:{table}"), format!("request:{table}")] {
                let parsed: TriggerSpec = spec.parse().unwrap();
                prop_assert_eq!(parsed.to_string().parse::<TriggerSpec>().unwrap(), parsed);
            }
        }
    }
}
