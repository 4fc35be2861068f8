//! Numbers as Python writes them.

/// Writes a finite number so that it reads back as the same number: whole ones
/// with all their digits and `.0`, tiny ones as `1e-07`.
pub(super) fn text(value: f64) -> String {
    if value.fract() == 0.0 {
        // Python goes through an integer, which has no negative zero.
        let value = if value == 0.0 { 0.0 } else { value };
        return format!("{value:.1}");
    }
    if value.abs() >= 1e-4 {
        return value.to_string();
    }
    let scientific = format!("{value:e}");
    match scientific.split_once("e-") {
        Some((digits, exponent)) => format!("{digits}e-{exponent:0>2}"),
        None => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        for (value, expected) in [
            (2.0, "2.0"),
            (86.5, "86.5"),
            (-0.0, "0.0"),
            (-3.0, "-3.0"),
            (1e20, "100000000000000000000.0"),
            (1e23, "99999999999999991611392.0"),
            (1e-7, "1e-07"),
            (-1.5e-5, "-1.5e-05"),
            (1e-4, "0.0001"),
            (2.5e-300, "2.5e-300"),
            (0.1 + 0.2, "0.30000000000000004"),
        ] {
            assert_eq!(text(value), expected);
        }
    }
}
