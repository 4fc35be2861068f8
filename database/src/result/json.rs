//! Nested values as JSON.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use arrow::json::writer::{EncoderOptions, make_encoder};
use tidegate::TextBuffer;

/// Each value of `array` as JSON; a null as nothing.
pub(super) fn texts(array: &ArrayRef) -> Result<TextBuffer, ArrowError> {
    if let DataType::Union(..) = array.data_type() {
        // A union is one of its values, and Arrow has no JSON for unions.
        let union = array.as_union();
        let one = |row| texts(&union.value(row)).map(|text| text.get(0).unwrap_or_default().to_owned());
        return (0..array.len()).map(one).collect();
    }
    let field = Arc::new(Field::new("", array.data_type().clone(), true));
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(&field, array, &options)?;
    let mut json = Vec::new();
    let mut texts = TextBuffer::default();
    for row in 0..array.len() {
        json.clear();
        if array.is_valid(row) {
            encoder.encode(row, &mut json);
        }
        texts.push(&String::from_utf8_lossy(&json));
    }
    Ok(texts)
}
