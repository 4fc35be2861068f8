//! One column of some rows.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::{TextBuffer, Validity};

/// What a column is in its table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    /// Part of what identifies a point.
    Tag,
    /// A measured value.
    Field,
    /// The point's time.
    Time,
}

/// The values of a column, one a row; that of a row without a value means
/// nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum ColumnValues {
    /// Signed integers.
    I64(Vec<i64>),
    /// Unsigned integers.
    U64(Vec<u64>),
    /// Numbers.
    F64(Vec<f64>),
    /// True or false.
    Boolean(Vec<bool>),
    /// Text.
    Text(TextBuffer),
    /// Text with few distinct values.
    Coded {
        /// For each row its place in `dictionary`.
        codes: Vec<u32>,
        /// The distinct values.
        dictionary: TextBuffer,
    },
    /// Nanoseconds since 1970.
    Time(Vec<i64>),
}

impl ColumnValues {
    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::I64(values) | Self::Time(values) => values.len(),
            Self::U64(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::Boolean(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Coded { codes, .. } => codes.len(),
        }
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How much memory the values take, near enough for limits.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        match self {
            Self::I64(_) | Self::Time(_) | Self::U64(_) | Self::F64(_) => self.len().saturating_mul(8),
            Self::Boolean(values) => values.len(),
            Self::Text(values) => values.bytes().len().saturating_add(values.offsets().len().saturating_mul(4)),
            Self::Coded { codes, dictionary } => {
                codes.len().saturating_add(dictionary.len()).saturating_mul(4).saturating_add(dictionary.bytes().len())
            }
        }
    }

    /// The text of `row`, if these are texts.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        match self {
            Self::Text(values) => values.get(row),
            Self::Coded { codes, dictionary } => dictionary.get(usize::try_from(*codes.get(row)?).ok()?),
            Self::I64(_) | Self::U64(_) | Self::F64(_) | Self::Boolean(_) | Self::Time(_) => None,
        }
    }

    /// The rows in `range`, as far as there are any.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        fn part<T: Copy>(values: &[T], range: Range<usize>) -> Vec<T> {
            values.get(range).unwrap_or_default().to_vec()
        }
        match self {
            Self::I64(values) => Self::I64(part(values, range)),
            Self::Time(values) => Self::Time(part(values, range)),
            Self::U64(values) => Self::U64(part(values, range)),
            Self::F64(values) => Self::F64(part(values, range)),
            Self::Boolean(values) => Self::Boolean(part(values, range)),
            Self::Text(values) => Self::Text(range.filter_map(|row| values.get(row)).collect()),
            Self::Coded { codes, dictionary } => {
                let mut codes = part(codes, range);
                let dictionary = match codes.len() < dictionary.len() {
                    // A few rows must not drag along all that others have.
                    true => used(&mut codes, dictionary),
                    false => dictionary.clone(),
                };
                Self::Coded { codes, dictionary }
            }
        }
    }
}

impl ColumnValues {
    pub(super) fn same_type(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// As many values of this type, for rows that have none.
    fn zeros(&self, rows: usize) -> Self {
        let texts = |rows| std::iter::repeat_n("", rows).collect();
        match self {
            Self::I64(_) => Self::I64(vec![0; rows]),
            Self::U64(_) => Self::U64(vec![0; rows]),
            Self::F64(_) => Self::F64(vec![0.0; rows]),
            Self::Boolean(_) => Self::Boolean(vec![false; rows]),
            Self::Time(_) => Self::Time(vec![0; rows]),
            Self::Text(_) => Self::Text(texts(rows)),
            // Code 0 must exist, even where it means nothing.
            Self::Coded { .. } => Self::Coded { codes: vec![0; rows], dictionary: texts(1) },
        }
    }

    /// Adds the values of `other`; callers have checked that the types agree.
    fn append(&mut self, other: &Self) {
        match (self, other) {
            (Self::I64(ours), Self::I64(theirs)) | (Self::Time(ours), Self::Time(theirs)) => ours.extend(theirs),
            (Self::U64(ours), Self::U64(theirs)) => ours.extend(theirs),
            (Self::F64(ours), Self::F64(theirs)) => ours.extend(theirs),
            (Self::Boolean(ours), Self::Boolean(theirs)) => ours.extend(theirs),
            (Self::Text(ours), Self::Text(theirs)) => theirs.iter().for_each(|text| ours.push(text)),
            (Self::Coded { codes, dictionary }, Self::Coded { codes: their_codes, dictionary: their_dictionary }) => {
                append_coded((codes, dictionary), (their_codes, their_dictionary))
            }
            (ours, _) => debug_assert!(false, "appended another type to {ours:?}"),
        }
    }
}

/// The texts that `codes` use, which are renumbered.
fn used(codes: &mut [u32], dictionary: &TextBuffer) -> TextBuffer {
    let mut kept = TextBuffer::default();
    let mut renumbered = HashMap::new();
    for code in codes {
        *code = *renumbered.entry(*code).or_insert_with(|| {
            let text = usize::try_from(*code).ok().and_then(|code| dictionary.get(code));
            kept.push(text.unwrap_or_default());
            u32::try_from(kept.len().saturating_sub(1)).unwrap_or(u32::MAX)
        });
    }
    kept
}

/// Adds coded texts to others: each distinct text stays in the dictionary once.
fn append_coded(ours: (&mut Vec<u32>, &mut TextBuffer), theirs: (&[u32], &TextBuffer)) {
    let (codes, dictionary) = ours;
    let mut known: HashMap<String, u32> = dictionary.iter().map(str::to_owned).zip(0..).collect();
    let renumbered: Vec<u32> = theirs
        .1
        .iter()
        .map(|text| {
            *known.entry(text.to_owned()).or_insert_with(|| {
                dictionary.push(text);
                // No event or result has 4 G distinct texts: its bytes are limited.
                u32::try_from(dictionary.len().saturating_sub(1)).unwrap_or(u32::MAX)
            })
        })
        .collect();
    let translate = |code: &u32| usize::try_from(*code).ok().and_then(|code| renumbered.get(code)).copied();
    codes.extend(theirs.0.iter().map(|code| translate(code).unwrap_or(0)));
}

/// One column of some rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// What it is called.
    pub name: Arc<str>,
    /// Which rows have a value.
    pub validity: Validity,
    /// The values.
    pub values: ColumnValues,
}

impl Column {
    /// A column in which every row has a value.
    #[must_use]
    pub fn full(name: &str, values: ColumnValues) -> Self {
        Self { name: name.into(), validity: Validity::all(values.len()), values }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How much memory it takes, near enough for limits.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        self.values.byte_size().saturating_add(self.validity.bytes().len()).saturating_add(self.name.len())
    }

    /// Adds the rows of `other`, which must be of the same type.
    pub(super) fn append(&mut self, other: &Self) {
        self.validity.extend(&other.validity);
        self.values.append(&other.values);
    }

    /// Adds `rows` rows without a value.
    pub(super) fn append_absent(&mut self, rows: usize) {
        (0..rows).for_each(|_| self.validity.push(false));
        self.values.append(&self.values.zeros(rows));
    }

    /// Puts `rows` rows without a value before the others.
    pub(super) fn prepend_absent(&mut self, rows: usize) {
        let mut all = Self {
            name: Arc::clone(&self.name),
            validity: std::iter::repeat_n(false, rows).collect(),
            values: self.values.zeros(rows),
        };
        all.append(self);
        *self = all;
    }

    /// The rows in `range`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Self {
        Self {
            name: Arc::clone(&self.name),
            validity: self.validity.slice(range.clone()),
            values: self.values.slice(range),
        }
    }
}
