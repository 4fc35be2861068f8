//! Many texts in one piece of memory.

/// Texts one after the other, with the place where each ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextBuffer {
    offsets: Vec<u32>,
    bytes: String,
}

impl Default for TextBuffer {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: String::new() }
    }
}

impl TextBuffer {
    /// How many texts there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a text. What would go beyond 4 GiB in all is cut to nothing: no
    /// limit lets an event or result come near that.
    pub fn push(&mut self, text: &str) {
        let end = u32::try_from(self.bytes.len().saturating_add(text.len()));
        if end.is_ok() {
            self.bytes.push_str(text);
        }
        let last = self.offsets.last().copied().unwrap_or(0);
        self.offsets.push(end.unwrap_or(last));
    }

    /// The text number `index`; none beyond the last.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let start = usize::try_from(*self.offsets.get(index)?).ok()?;
        let end = usize::try_from(*self.offsets.get(index.checked_add(1)?)?).ok()?;
        self.bytes.get(start..end)
    }

    /// All texts in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }

    /// Where each text starts, and behind that where the last one ends.
    #[must_use]
    pub fn offsets(&self) -> &[u32] {
        &self.offsets
    }

    /// The texts without anything between them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.bytes.as_bytes()
    }
}

impl<T: AsRef<str>> FromIterator<T> for TextBuffer {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut buffer = Self::default();
        texts.into_iter().for_each(|text| buffer.push(text.as_ref()));
        buffer
    }
}
