//! A tenant's quotas on the command line.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};
use tidegate::Quota;

use super::amounts::{Argument, argument, size};

/// What all triggers of a tenant may use together, and what it may own.
#[derive(Debug, Args)]
pub(super) struct Quotas {
    /// concurrent_runs, fuel_per_second, stored_bytes, databases and others, as docs/limits.md lists them; can be
    /// repeated
    #[arg(long = "quota", value_parser = quota, value_name = "QUOTA=AMOUNT")]
    quotas: Vec<(Quota, u64)>,
}

/// Parses `quota=amount`, where the amount may have a unit such as GiB.
fn quota(text: &str) -> Result<(Quota, u64), String> {
    let Argument { name, value } = argument(text)?;
    let quota: Quota = name.parse()?;
    // Whoever may have none of something says 0, which is no size.
    let plain = value.replace('_', "").parse::<u64>().ok();
    let amount = plain.map_or_else(|| size(&value).map(|size| u64::try_from(size).unwrap_or(u64::MAX)), Ok)?;
    Ok((quota, amount))
}

impl Quotas {
    pub(super) fn is_empty(&self) -> bool {
        self.quotas.is_empty()
    }

    /// These quotas for the tenant called `name`, as the server reads them.
    pub(super) fn of(&self, name: &str) -> Value {
        let quotas: BTreeMap<_, _> = self.quotas.iter().map(|(quota, amount)| (quota.name(), amount)).collect();
        json!({"tenant": name, "quotas": quotas})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_may_have_a_unit() {
        assert_eq!(quota("stored_bytes=10GiB"), Ok((Quota::Stored, 10 << 30)));
        assert_eq!(quota("fuel_per_second=1_000_000"), Ok((Quota::FuelPerSecond, 1_000_000)));
        assert_eq!(quota("triggers=0"), Ok((Quota::Triggers, 0)));
        for wrong in ["triggers", "triggers=many", "runs=1"] {
            assert!(quota(wrong).is_err(), "{wrong}");
        }
    }
}
