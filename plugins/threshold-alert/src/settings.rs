//! What the trigger's owner wants to be told.

use tidegate_sdk::{Arguments, Failure, TableBatch};

#[derive(Debug, PartialEq)]
pub(crate) struct Settings {
    /// All tables if there is none.
    pub(crate) table: Option<String>,
    pub(crate) field: String,
    pub(crate) threshold: f64,
    /// Tells series apart.
    pub(crate) tag: String,
}

impl Settings {
    pub(crate) fn read(args: &Arguments) -> Result<Self, Failure> {
        Ok(Self {
            table: args.optional("table")?,
            field: args.required("field")?,
            threshold: args.required("threshold")?,
            tag: args.get("tag").unwrap_or("host").into(),
        })
    }

    pub(crate) fn wants(&self, batch: &TableBatch) -> bool {
        self.table.as_ref().is_none_or(|table| table == batch.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_hosts_in_all_tables_unless_the_owner_says_otherwise() {
        let settings = Settings::read(&Arguments::from_iter([("field", "usage"), ("threshold", "90")])).unwrap();

        assert_eq!((settings.tag.as_str(), settings.threshold), ("host", 90.0));
        assert!(settings.wants(&TableBatch::new("cpu", [])));
    }

    #[test]
    fn a_table_excludes_the_others() {
        let args = [("field", "usage"), ("threshold", "90"), ("table", "cpu")];

        let settings = Settings::read(&Arguments::from_iter(args)).unwrap();

        assert!(settings.wants(&TableBatch::new("cpu", [])));
        assert!(!settings.wants(&TableBatch::new("mem", [])));
    }

    #[test]
    fn a_threshold_that_is_no_number_is_named() {
        let failure = Settings::read(&Arguments::from_iter([("field", "f"), ("threshold", "high")])).unwrap_err();

        assert!(matches!(failure, Failure::Invalid(_)));
        assert_eq!(failure.message(), "argument is not valid: invalid float literal. name=`threshold`, value=`high`");
    }
}
