//! Batches made by hand, for the tests of plugins.

use crate::batch::TableBatch;
use crate::column::{Column, Values};
use crate::presence::Presence;
use crate::text::{Strings, Text};

/// Batches made by hand, for the tests of plugins. A column that is too short
/// is absent from the rest of the rows; what is too long is cut off.
///
/// ```
/// use tidegate_sdk::TableBatch;
///
/// let batch = TableBatch::new("cpu", [1_000, 2_000])
///     .with_tag("host", [Some("a"), Some("b")])
///     .with_floats("usage", [Some(91.5), None]);
///
/// assert_eq!(batch.rows().filter_map(|row| row.float("usage")).sum::<f64>(), 91.5);
/// ```
impl TableBatch {
    /// Makes a batch with a row for each of `times`.
    pub fn new(name: &str, times: impl IntoIterator<Item = i64>) -> Self {
        Self { name: name.into(), tags: vec![], fields: vec![], times: times.into_iter().collect() }
    }

    /// Adds a tag.
    pub fn with_tag<'v>(mut self, name: &str, values: impl IntoIterator<Item = Option<&'v str>>) -> Self {
        let tag = self.text(name, values);
        self.tags.push(tag);
        self
    }

    /// Adds a field of signed integers.
    pub fn with_ints(self, name: &str, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        self.with_field(name, values, Values::Int)
    }

    /// Adds a field of unsigned integers.
    pub fn with_uints(self, name: &str, values: impl IntoIterator<Item = Option<u64>>) -> Self {
        self.with_field(name, values, Values::Uint)
    }

    /// Adds a field of floating-point numbers.
    pub fn with_floats(self, name: &str, values: impl IntoIterator<Item = Option<f64>>) -> Self {
        self.with_field(name, values, Values::Float)
    }

    /// Adds a field of truth values.
    pub fn with_bools(self, name: &str, values: impl IntoIterator<Item = Option<bool>>) -> Self {
        self.with_field(name, values, Values::Bool)
    }

    /// Adds a field of text.
    pub fn with_texts<'v>(mut self, name: &str, values: impl IntoIterator<Item = Option<&'v str>>) -> Self {
        let field = self.text(name, values);
        self.fields.push(field);
        self
    }

    fn with_field<T: Copy + Default>(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<T>>,
        kind: impl FnOnce(Vec<T>) -> Values,
    ) -> Self {
        let values = self.fit(values);
        self.fields.push(Column {
            name: name.into(),
            presence: Presence::of(values.iter().map(Option::is_some)),
            values: kind(values.into_iter().map(Option::unwrap_or_default).collect()),
        });
        self
    }

    fn text<'v>(&self, name: &str, values: impl IntoIterator<Item = Option<&'v str>>) -> Column {
        let values = self.fit(values);
        let mut strings = Strings::default();
        values.iter().for_each(|value| strings.push(value.unwrap_or_default()));
        Column {
            name: name.into(),
            presence: Presence::of(values.iter().map(Option::is_some)),
            values: Values::Text(Text::plain(strings)),
        }
    }

    fn fit<T: Copy>(&self, values: impl IntoIterator<Item = Option<T>>) -> Vec<Option<T>> {
        values.into_iter().chain(std::iter::repeat(None)).take(self.len()).collect()
    }
}
