//! The part of CBOR (RFC 8949) that plain values need.

/// A value that is not made of others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Item<'a> {
    Uint(u64),
    /// -1 minus this.
    Negative(u64),
    Bytes(&'a [u8]),
    Text(&'a str),
    Bool(bool),
    Float(f64),
}

pub(super) fn write(item: Item<'_>) -> Vec<u8> {
    match item {
        Item::Uint(value) => head(0, value),
        Item::Negative(value) => head(1, value),
        Item::Bytes(bytes) => [&head(2, bytes.len() as u64), bytes].concat(),
        Item::Text(text) => [&head(3, text.len() as u64), text.as_bytes()].concat(),
        Item::Bool(value) => vec![if value { 0xf5 } else { 0xf4 }],
        // Always in full, as Python's floats are.
        Item::Float(value) => [&[0xfb][..], &value.to_be_bytes()].concat(),
    }
}

/// A major type and a number, in the fewest bytes: `increment` and
/// `compare-and-swap` compare bytes, so a value must have but one form.
fn head(major: u8, number: u64) -> Vec<u8> {
    let major = major << 5;
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    match number {
        0..24 => vec![major | h],
        24..0x100 => vec![major | 24, h],
        0x100..0x1_0000 => vec![major | 25, g, h],
        0x1_0000..0x1_0000_0000 => vec![major | 26, e, f, g, h],
        0x1_0000_0000.. => vec![major | 27, a, b, c, d, e, f, g, h],
    }
}

/// Reads a value that fills the bytes; absent if they are anything else.
pub(super) fn read(bytes: &[u8]) -> Option<Item<'_>> {
    let (first, rest) = bytes.split_first()?;
    let (number, rest) = match first & 0x1f {
        small @ 0..24 => (u64::from(small), rest),
        24 => number::<1>(rest)?,
        25 => number::<2>(rest)?,
        26 => number::<4>(rest)?,
        27 => number::<8>(rest)?,
        _ => return None,
    };
    let whole = rest.is_empty();
    let counted = u64::try_from(rest.len()) == Ok(number);
    match first >> 5 {
        0 if whole => Some(Item::Uint(number)),
        1 if whole => Some(Item::Negative(number)),
        2 if counted => Some(Item::Bytes(rest)),
        3 if counted => Some(Item::Text(std::str::from_utf8(rest).ok()?)),
        7 if whole => simple(*first, number),
        _ => None,
    }
}

fn simple(first: u8, number: u64) -> Option<Item<'static>> {
    match first {
        0xf4 => Some(Item::Bool(false)),
        0xf5 => Some(Item::Bool(true)),
        0xfa => Some(Item::Float(f32::from_bits(u32::try_from(number).ok()?).into())),
        0xfb => Some(Item::Float(f64::from_bits(number))),
        _ => None,
    }
}

fn number<const WIDTH: usize>(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = bytes.split_first_chunk::<WIDTH>()?;
    Some((digits.iter().fold(0, |number, digit| number << 8 | u64::from(*digit)), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Some of the examples in appendix A of the RFC.
    #[test]
    fn values_are_encoded_as_the_standard_says() {
        for (item, bytes) in [
            (Item::Uint(0), &[0x00][..]),
            (Item::Uint(23), &[0x17]),
            (Item::Uint(24), &[0x18, 0x18]),
            (Item::Uint(1000), &[0x19, 0x03, 0xe8]),
            (Item::Uint(1_000_000), &[0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (Item::Uint(u64::MAX), &[0x1b, 255, 255, 255, 255, 255, 255, 255, 255]),
            (Item::Negative(99), &[0x38, 0x63]),
            (Item::Bytes(&[1, 2]), &[0x42, 1, 2]),
            (Item::Text("IETF"), &[0x64, 0x49, 0x45, 0x54, 0x46]),
            (Item::Bool(true), &[0xf5]),
            (Item::Float(1.1), &[0xfb, 0x3f, 0xf1, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]),
        ] {
            assert_eq!(write(item), bytes);
            assert_eq!(read(bytes), Some(item));
        }
    }

    #[test]
    fn single_precision_is_read() {
        assert_eq!(read(&[0xfa, 0x47, 0xc3, 0x50, 0x00]), Some(Item::Float(100_000.0)));
    }

    #[test]
    fn what_is_cut_off_or_goes_on_is_not_a_value() {
        for bytes in [&[][..], &[0x18], &[0x00, 0x00], &[0x62, 0x61], &[0x61, 0x61, 0x61], &[0x61, 0xff], &[0x5f]] {
            assert_eq!(read(bytes), None, "{bytes:x?}");
        }
    }
}
