//! When a value crosses a threshold.

/// A value at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reading {
    pub(crate) time: i64,
    pub(crate) value: f64,
}

/// A reading on the other side of the threshold than the one before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Crossing {
    pub(crate) time: i64,
    pub(crate) value: f64,
    pub(crate) above: bool,
}

/// Finds the crossings in `readings`, given the side on which the reading
/// before them was. A reading on the threshold is not above it.
pub(crate) fn crossings(mut above: bool, readings: &[Reading], threshold: f64) -> Vec<Crossing> {
    let mut crossings = Vec::new();
    for &Reading { time, value } in readings {
        let now_above = value > threshold;
        if now_above != above {
            above = now_above;
            crossings.push(Crossing { time, value, above });
        }
    }
    crossings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sides(above: bool, values: &[f64]) -> Vec<(i64, bool)> {
        let readings: Vec<_> = (0..).zip(values).map(|(time, value)| Reading { time, value: *value }).collect();
        crossings(above, &readings, 90.0).iter().map(|crossing| (crossing.time, crossing.above)).collect()
    }

    #[test]
    fn only_crossings_are_told() {
        assert_eq!(sides(false, &[10.0, 91.0, 95.0, 20.0, 30.0, 99.0]), [(1, true), (3, false), (5, true)]);
    }

    #[test]
    fn a_series_that_stays_above_is_not_told_again() {
        assert_eq!(sides(true, &[91.0, 92.0]), []);
    }

    #[test]
    fn the_threshold_itself_is_not_above() {
        assert_eq!(sides(false, &[90.0]), []);
        assert_eq!(sides(true, &[90.0]), [(0, false)]);
    }
}
