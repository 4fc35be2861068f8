//! Rows of text in columns, for people.

/// Lays `rows` out under `head`; numbers stand to the right.
pub(super) fn lay_out<const N: usize>(head: [&str; N], rows: &[[String; N]]) -> String {
    let cells: Vec<[&str; N]> =
        std::iter::once(head).chain(rows.iter().map(|row| row.each_ref().map(String::as_str))).collect();
    let mut widths = [0; N];
    for row in &cells {
        widths.iter_mut().zip(row).for_each(|(width, cell)| *width = cell.chars().count().max(*width));
    }
    let line = |row: &[&str; N]| {
        let padded = row.iter().zip(widths).map(|(cell, width)| {
            let number = cell.starts_with(|c: char| c.is_ascii_digit());
            if number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    cells.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A count as people read it: 1.2 M.
pub(super) fn count(number: f64) -> String {
    let (scaled, unit) = match number {
        n if n >= 1e9 => (n / 1e9, " G"),
        n if n >= 1e6 => (n / 1e6, " M"),
        n if n >= 1e3 => (n / 1e3, " k"),
        n => return format!("{n}"),
    };
    format!("{scaled:.1}{unit}")
}

/// Bytes as people read them: 1.2 MiB.
pub(super) fn bytes(number: f64) -> String {
    format!("{:.1} MiB", number / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let row = |name: &str, runs: &str| [name.to_owned(), runs.to_owned()];
        assert_eq!(
            lay_out(["name", "runs"], &[row("downsample", "7"), row("a", "12345")]),
            "name        runs\ndownsample      7\na           12345"
        );
    }

    #[test]
    fn large_numbers_are_shortened() {
        assert_eq!([count(999.0), count(1.5e6), count(2e10)], ["999", "1.5 M", "20.0 G"]);
        assert_eq!(bytes(67_108_864.0), "64.0 MiB");
    }
}
