//! Which rows of a column have a value.

/// One bit a row, lowest bit first; no bits at all if every row has a value.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Presence {
    bits: Vec<u8>,
}

impl Presence {
    /// Takes the host's bitmap if it has a bit for each of `rows`.
    pub(crate) fn new(bits: Vec<u8>, rows: usize) -> Option<Self> {
        (bits.is_empty() || bits.len() >= rows.div_ceil(8)).then_some(Self { bits })
    }

    /// Notes for each row whether it has a value.
    pub(crate) fn of(present: impl IntoIterator<Item = bool>) -> Self {
        let mut bits = Vec::new();
        for (row, present) in present.into_iter().enumerate() {
            if row % 8 == 0 {
                bits.push(0);
            }
            if let Some(byte) = bits.last_mut() {
                *byte |= u8::from(present) << (row % 8);
            }
        }
        Self { bits }
    }

    pub(crate) fn has(&self, row: usize) -> bool {
        match self.bits.get(row / 8) {
            Some(byte) => byte >> (row % 8) & 1 == 1,
            None => self.bits.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_bits_every_row_has_a_value() {
        assert!(Presence::new(vec![], 9).unwrap().has(8));
    }

    #[test]
    fn the_first_row_is_the_lowest_bit() {
        let presence = Presence::new(vec![0b0000_0101, 0b1], 9).unwrap();

        let present: Vec<_> = (0..9).filter(|row| presence.has(*row)).collect();

        assert_eq!(present, [0, 2, 8]);
        assert_eq!(presence, Presence::of((0..9).map(|row| present.contains(&row))));
    }

    #[test]
    fn a_bitmap_that_is_too_short_is_refused() {
        assert_eq!(Presence::new(vec![0xff], 9), None);
    }
}
