//! Which rows have a value.

/// One bit a row; a clear bit is a row without a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validity {
    /// Empty while every row has a value, so that the usual case costs nothing.
    bits: Vec<u8>,
    rows: usize,
}

impl Validity {
    /// Every one of `rows` rows has a value.
    #[must_use]
    pub fn all(rows: usize) -> Self {
        Self { bits: Vec::new(), rows }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Whether every row has a value.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.bits.is_empty()
    }

    /// Whether `row` has a value; no row beyond the last has.
    #[must_use]
    pub fn get(&self, row: usize) -> bool {
        if row >= self.rows {
            return false;
        }
        self.bits.get(row / 8).is_none_or(|byte| byte & (1 << (row % 8)) != 0)
    }

    /// Adds a row.
    pub fn push(&mut self, valid: bool) {
        let row = self.rows;
        self.rows = self.rows.saturating_add(1);
        if valid && self.bits.is_empty() {
            return;
        }
        if self.bits.is_empty() {
            self.bits = vec![u8::MAX; row / 8];
            // The rows before in the same byte all had a value.
            self.bits.push((1_u8 << (row % 8)).wrapping_sub(1));
        } else if row.is_multiple_of(8) {
            self.bits.push(0);
        }
        if valid && let Some(byte) = self.bits.get_mut(row / 8) {
            *byte |= 1 << (row % 8);
        }
    }

    /// Adds the rows of `other`.
    pub fn extend(&mut self, other: &Self) {
        if self.is_all() && other.is_all() {
            self.rows = self.rows.saturating_add(other.rows);
        } else {
            (0..other.rows).for_each(|row| self.push(other.get(row)));
        }
    }

    /// The rows in `range`.
    #[must_use]
    pub fn slice(&self, range: std::ops::Range<usize>) -> Self {
        if self.is_all() {
            return Self::all(range.len());
        }
        range.map(|row| self.get(row)).collect()
    }

    /// The bits, the first row lowest in the first byte; empty if every row
    /// has a value.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bits
    }
}

impl FromIterator<bool> for Validity {
    fn from_iter<I: IntoIterator<Item = bool>>(rows: I) -> Self {
        let mut validity = Self::default();
        rows.into_iter().for_each(|valid| validity.push(valid));
        validity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_says_what_was_pushed(rows in proptest::collection::vec(any::<bool>(), 0..70)) {
            let validity: Validity = rows.iter().copied().collect();
            prop_assert_eq!(validity.len(), rows.len());
            prop_assert_eq!(validity.is_all(), rows.iter().all(|valid| *valid));
            for (row, valid) in rows.iter().enumerate() {
                prop_assert_eq!(validity.get(row), *valid);
            }
            prop_assert!(!validity.get(rows.len()));
            prop_assert!(validity.is_all() || validity.bytes().len() == rows.len().div_ceil(8));
        }
    }
}
