//! Text columns: values in one buffer, optionally by number.

/// The values of a text column.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// For each row the number of its value; absent if row `i` has value `i`.
    codes: Option<Vec<u32>>,
    values: Strings,
}

impl Text {
    pub(crate) fn plain(values: Strings) -> Self {
        Self { codes: None, values }
    }

    pub(crate) fn coded(codes: Vec<u32>, dictionary: Strings) -> Self {
        Self { codes: Some(codes), values: dictionary }
    }

    /// Returns the text in `row`: empty if the row has no value.
    pub fn get(&self, row: usize) -> Option<&str> {
        let value = match &self.codes {
            Some(codes) => usize::try_from(*codes.get(row)?).ok()?,
            None => row,
        };
        self.values.get(value)
    }

    /// Counts the rows.
    pub fn len(&self) -> usize {
        self.codes.as_ref().map_or(self.values.len(), Vec::len)
    }

    /// Says whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Strings one after the other: string `i` ends at `ends[i]` and starts where
/// the one before ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Strings {
    ends: Vec<usize>,
    text: String,
}

impl Strings {
    /// Takes the strings that end where `ends` says, if all of them are whole
    /// characters and none ends before it starts.
    pub(crate) fn new(ends: Vec<usize>, text: String) -> Option<Self> {
        let sorted = ends.is_sorted();
        let whole = ends.iter().all(|end| text.is_char_boundary(*end));
        (sorted && whole).then_some(Self { ends, text })
    }

    pub(crate) fn push(&mut self, string: &str) {
        self.text.push_str(string);
        self.ends.push(self.text.len());
    }

    pub(crate) fn get(&self, index: usize) -> Option<&str> {
        let start = match index.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.text.get(start..*self.ends.get(index)?)
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coded_text_looks_its_values_up() {
        let dictionary = Strings::new(vec![1, 4], "aßb".into()).unwrap();

        let text = Text::coded(vec![1, 0, 1], dictionary);

        assert_eq!([text.get(0), text.get(1), text.get(3)], [Some("ßb"), Some("a"), None]);
        assert_eq!(text.len(), 3);
    }

    #[test]
    fn strings_never_end_inside_a_character() {
        assert_eq!(Strings::new(vec![1], "ß".into()), None);
    }

    #[test]
    fn strings_never_end_before_they_start() {
        assert_eq!(Strings::new(vec![2, 1], "ab".into()), None);
    }

    #[test]
    fn strings_never_end_outside_the_buffer() {
        assert_eq!(Strings::new(vec![3], "ab".into()), None);
    }
}
