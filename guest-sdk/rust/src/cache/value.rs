//! Which Rust types are cache values.

use super::cbor::{Item, read, write};
use super::{Encoding, Entry, Error};

impl From<Item<'_>> for Entry {
    fn from(item: Item<'_>) -> Self {
        Self { encoding: Encoding::Cbor, bytes: write(item) }
    }
}

impl From<i64> for Entry {
    fn from(value: i64) -> Self {
        match u64::try_from(value) {
            Ok(value) => Item::Uint(value).into(),
            // CBOR counts down from -1, which is what turning all bits gives.
            Err(_) => Item::Negative((!value).unsigned_abs()).into(),
        }
    }
}

impl From<f64> for Entry {
    fn from(value: f64) -> Self {
        Item::Float(value).into()
    }
}

impl From<bool> for Entry {
    fn from(value: bool) -> Self {
        Item::Bool(value).into()
    }
}

impl From<&str> for Entry {
    fn from(value: &str) -> Self {
        Item::Text(value).into()
    }
}

impl From<String> for Entry {
    fn from(value: String) -> Self {
        value.as_str().into()
    }
}

impl From<&[u8]> for Entry {
    fn from(value: &[u8]) -> Self {
        Item::Bytes(value).into()
    }
}

impl From<Vec<u8>> for Entry {
    fn from(value: Vec<u8>) -> Self {
        value.as_slice().into()
    }
}

impl TryFrom<Entry> for i64 {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self, Error> {
        match item(&entry) {
            Some(Item::Uint(value)) => Self::try_from(value).ok(),
            Some(Item::Negative(value)) => Self::try_from(value).ok().map(|value| !value),
            _ => None,
        }
        .ok_or(Error::OtherType { wanted: "i64" })
    }
}

/// Takes integers too: JavaScript writes whole numbers as such.
impl TryFrom<Entry> for f64 {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self, Error> {
        match item(&entry) {
            Some(Item::Float(value)) => Ok(value),
            Some(Item::Uint(value)) => Ok(value as Self),
            Some(Item::Negative(value)) => Ok(-1.0 - value as Self),
            _ => Err(Error::OtherType { wanted: "f64" }),
        }
    }
}

impl TryFrom<Entry> for bool {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self, Error> {
        match item(&entry) {
            Some(Item::Bool(value)) => Ok(value),
            _ => Err(Error::OtherType { wanted: "bool" }),
        }
    }
}

impl TryFrom<Entry> for String {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self, Error> {
        match item(&entry) {
            Some(Item::Text(value)) => Ok(value.into()),
            _ => Err(Error::OtherType { wanted: "String" }),
        }
    }
}

/// Takes an entry of raw bytes too.
impl TryFrom<Entry> for Vec<u8> {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self, Error> {
        match (entry.encoding, item(&entry)) {
            (Encoding::Raw, _) => Ok(entry.bytes),
            (_, Some(Item::Bytes(value))) => Ok(value.into()),
            _ => Err(Error::OtherType { wanted: "Vec<u8>" }),
        }
    }
}

fn item(entry: &Entry) -> Option<Item<'_>> {
    if entry.encoding == Encoding::Cbor { read(&entry.bytes) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive() {
        for value in [0, 23, 24, -1, -24, -25, 65_536, i64::MAX, i64::MIN] {
            assert_eq!(i64::try_from(Entry::from(value)), Ok(value));
        }
        assert_eq!(f64::try_from(Entry::from(0.1)), Ok(0.1));
        assert_eq!(bool::try_from(Entry::from(true)), Ok(true));
        assert_eq!(String::try_from(Entry::from("ß")), Ok("ß".into()));
        assert_eq!(Vec::try_from(Entry::from(vec![0, 255])), Ok(vec![0, 255]));
    }

    #[test]
    fn whole_numbers_may_be_read_as_floating_point() {
        assert_eq!(f64::try_from(Entry::from(-3)), Ok(-3.0));
    }

    #[test]
    fn another_type_is_an_error_that_names_the_wanted_one() {
        let error = i64::try_from(Entry::from("1")).unwrap_err();

        assert_eq!(error.to_string(), "cached value is of another type. wanted=`i64`");
    }

    #[test]
    fn python_pickles_are_never_read() {
        let pickle = Entry { encoding: Encoding::Pickle, bytes: vec![0x01] };

        assert!(i64::try_from(pickle).is_err());
    }
}
