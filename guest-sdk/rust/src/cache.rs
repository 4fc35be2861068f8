//! Remembers values from run to run.
//!
//! Values are integers, floating-point numbers, text, truth values and bytes,
//! encoded so that plugins in other languages can read them.
//!
//! ```no_run
//! # use std::time::Duration;
//! # use tidegate_sdk::{Failure, cache, log};
//! # fn example() -> Result<(), Failure> {
//! let last: Option<String> = cache::get("state")?;
//! cache::put("state", "above")?;
//! let runs = cache::global().with_ttl(Duration::from_secs(3600)).increment("runs", 1)?;
//! log::info!("was {last:?}, run {runs}");
//! # Ok(())
//! # }
//! ```
//!
//! What [`put`] and [`delete`] do is seen by this run at once and by others
//! once it has succeeded. [`increment`] and [`compare_and_swap`] act at once
//! and for all to see, however the run ends.

use std::time::Duration;

use crate::bindings::imports::tidegate::plugin::cache as host;
pub use crate::bindings::imports::tidegate::plugin::cache::{Encoding, Entry, Scope};

mod cbor;
mod error;
mod value;

pub use error::Error;

/// Returns the value that this trigger's runs keep under `key`.
///
/// # Errors
/// [`Error::OtherType`] if there is one that is not a `T`.
pub fn get<T: TryFrom<Entry, Error = Error>>(key: &str) -> Result<Option<T>, Error> {
    trigger().get(key)
}

/// Keeps a value for this trigger's runs, until it is replaced.
///
/// # Errors
/// [`Error::Invalid`] or [`Error::Full`].
pub fn put(key: &str, value: impl Into<Entry>) -> Result<(), Error> {
    trigger().put(key, value)
}

/// Removes a value of this trigger's and says whether there was one.
///
/// # Errors
/// [`Error::Invalid`].
pub fn delete(key: &str) -> Result<bool, Error> {
    trigger().delete(key)
}

/// Adds to a number of this trigger's and returns the sum.
///
/// # Errors
/// [`Error::Invalid`] if what is there is not an integer, or [`Error::Full`].
pub fn increment(key: &str, by: i64) -> Result<i64, Error> {
    trigger().increment(key, by)
}

/// Replaces a value of this trigger's if it is what is expected.
///
/// # Errors
/// [`Error::Invalid`] or [`Error::Full`].
pub fn compare_and_swap<T>(key: &str, expected: Option<T>, replacement: Option<T>) -> Result<Swap<T>, Error>
where
    T: Into<Entry> + TryFrom<Entry, Error = Error>,
{
    trigger().compare_and_swap(key, expected, replacement)
}

/// Chooses the entries that only this trigger's runs share: what the functions
/// of this module use.
pub fn trigger() -> Cache {
    Cache { scope: Scope::Trigger, ttl: None }
}

/// Chooses the entries that all triggers of the tenant share.
pub fn global() -> Cache {
    Cache { scope: Scope::Global, ttl: None }
}

/// Whose entries to use, and how long new ones live.
#[derive(Debug, Clone, Copy)]
pub struct Cache {
    scope: Scope,
    ttl: Option<u64>,
}

impl Cache {
    /// Sets how long entries live that are made from here.
    #[must_use]
    pub fn with_ttl(self, ttl: Duration) -> Self {
        Self { ttl: Some(u64::try_from(ttl.as_nanos()).unwrap_or(u64::MAX)), ..self }
    }

    /// Does what [`get`] does.
    ///
    /// # Errors
    /// As there.
    pub fn get<T: TryFrom<Entry, Error = Error>>(self, key: &str) -> Result<Option<T>, Error> {
        host::get(self.scope, key)?.map(T::try_from).transpose()
    }

    /// Does what [`put`] does.
    ///
    /// # Errors
    /// As there.
    pub fn put(self, key: &str, value: impl Into<Entry>) -> Result<(), Error> {
        Ok(host::put(self.scope, key, &value.into(), self.ttl)?)
    }

    /// Does what [`delete`] does.
    ///
    /// # Errors
    /// As there.
    pub fn delete(self, key: &str) -> Result<bool, Error> {
        Ok(host::delete(self.scope, key)?)
    }

    /// Does what [`increment`] does. The time to live counts only when the
    /// entry is made.
    ///
    /// # Errors
    /// As there.
    pub fn increment(self, key: &str, by: i64) -> Result<i64, Error> {
        Ok(host::increment(self.scope, key, by, self.ttl)?)
    }

    /// Does what [`compare_and_swap`] does.
    ///
    /// # Errors
    /// As there.
    pub fn compare_and_swap<T>(self, key: &str, expected: Option<T>, replacement: Option<T>) -> Result<Swap<T>, Error>
    where
        T: Into<Entry> + TryFrom<Entry, Error = Error>,
    {
        let (expected, replacement) = (expected.map(T::into), replacement.map(T::into));
        match host::compare_and_swap(self.scope, key, expected.as_ref(), replacement.as_ref(), self.ttl)? {
            host::Swap::Swapped => Ok(Swap::Swapped),
            host::Swap::Unchanged(entry) => Ok(Swap::Unchanged(entry.map(T::try_from).transpose()?)),
        }
    }
}

/// What [`compare_and_swap`] did.
#[derive(Debug, Clone, PartialEq)]
pub enum Swap<T> {
    /// The value was as expected and is replaced.
    Swapped,
    /// It was another one, or none.
    Unchanged(Option<T>),
}
