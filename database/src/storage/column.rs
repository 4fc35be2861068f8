//! One column of the growing chunk.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray,
    UInt64Array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, UInt64Type};
use tidegate::ColumnValues;

use crate::schema::{ColumnDefinition, FieldType};

/// A column whose values can be set in any order.
#[derive(Debug)]
pub(super) struct GrowingColumn {
    name: Arc<str>,
    present: Vec<bool>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    I64(Vec<i64>),
    U64(Vec<u64>),
    F64(Vec<f64>),
    Boolean(Vec<bool>),
    /// Where each text is in `bytes`. A text that is replaced stays there until
    /// the chunk is full.
    Text {
        places: Vec<Range<usize>>,
        bytes: String,
    },
    Tag {
        codes: Vec<i32>,
        distinct: Distinct,
    },
}

/// The distinct values of a tag.
#[derive(Debug, Default)]
struct Distinct {
    texts: Vec<Arc<str>>,
    codes: HashMap<Arc<str>, i32>,
    bytes: usize,
}

impl GrowingColumn {
    pub(super) fn new(name: &Arc<str>, definition: ColumnDefinition) -> Self {
        let values = match definition {
            ColumnDefinition::Tag => Values::Tag { codes: Vec::new(), distinct: Distinct::default() },
            ColumnDefinition::Field(FieldType::I64) => Values::I64(Vec::new()),
            ColumnDefinition::Field(FieldType::U64) => Values::U64(Vec::new()),
            ColumnDefinition::Field(FieldType::F64) => Values::F64(Vec::new()),
            ColumnDefinition::Field(FieldType::Boolean) => Values::Boolean(Vec::new()),
            ColumnDefinition::Field(FieldType::Text) => Values::Text { places: Vec::new(), bytes: String::new() },
        };
        Self { name: Arc::clone(name), present: Vec::new(), values }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Adds rows without a value until there are `rows`.
    pub(super) fn resize(&mut self, rows: usize) {
        self.present.resize(rows, false);
        match &mut self.values {
            Values::I64(values) => values.resize(rows, 0),
            Values::U64(values) => values.resize(rows, 0),
            Values::F64(values) => values.resize(rows, 0.0),
            Values::Boolean(values) => values.resize(rows, false),
            Values::Text { places, .. } => places.resize(rows, 0..0),
            Values::Tag { codes, .. } => codes.resize(rows, 0),
        }
    }

    /// How much text there is.
    pub(super) fn text_bytes(&self) -> usize {
        match &self.values {
            Values::Text { bytes, .. } => bytes.len(),
            Values::Tag { distinct, .. } => distinct.bytes,
            Values::I64(_) | Values::U64(_) | Values::F64(_) | Values::Boolean(_) => 0,
        }
    }

    /// Sets the value of `row` to number `from` of `values`.
    pub(super) fn set(&mut self, row: usize, values: &ColumnValues, from: usize) {
        let done = match (&mut self.values, values) {
            (Values::I64(ours), ColumnValues::I64(theirs)) => put(ours, row, theirs.get(from).copied()),
            (Values::U64(ours), ColumnValues::U64(theirs)) => put(ours, row, theirs.get(from).copied()),
            (Values::F64(ours), ColumnValues::F64(theirs)) => put(ours, row, theirs.get(from).copied()),
            (Values::Boolean(ours), ColumnValues::Boolean(theirs)) => put(ours, row, theirs.get(from).copied()),
            (Values::Text { places, bytes }, theirs) => {
                put(places, row, theirs.text(from).map(|text| add(bytes, text)))
            }
            (Values::Tag { codes, distinct }, theirs) => {
                put(codes, row, theirs.text(from).and_then(|text| distinct.code(text)))
            }
            (ours, theirs) => {
                debug_assert!(false, "put {theirs:?} into {ours:?}");
                None
            }
        };
        if done.is_some() {
            put(&mut self.present, row, Some(true));
        }
    }

    /// Sets the value of `row` to that at `place` of an array that was made of
    /// such a column. Tags are not copied: whoever writes a point again gives
    /// the same tags again.
    pub(super) fn copy(&mut self, row: usize, array: &dyn Array, place: usize) {
        if array.is_null(place) {
            return;
        }
        let done = match &mut self.values {
            Values::I64(values) => {
                put(values, row, array.as_primitive_opt::<Int64Type>().map(|array| array.value(place)))
            }
            Values::U64(values) => {
                put(values, row, array.as_primitive_opt::<UInt64Type>().map(|array| array.value(place)))
            }
            Values::F64(values) => {
                put(values, row, array.as_primitive_opt::<Float64Type>().map(|array| array.value(place)))
            }
            Values::Boolean(values) => put(values, row, array.as_boolean_opt().map(|array| array.value(place))),
            Values::Text { places, bytes } => {
                put(places, row, array.as_string_opt::<i32>().map(|array| add(bytes, array.value(place))))
            }
            Values::Tag { .. } => None,
        };
        if done.is_some() {
            put(&mut self.present, row, Some(true));
        }
    }

    pub(super) fn to_array(&self) -> ArrayRef {
        let nulls = self.present.contains(&false).then(|| NullBuffer::from(self.present.as_slice()));
        match &self.values {
            Values::I64(values) => Arc::new(Int64Array::new(values.clone().into(), nulls)),
            Values::U64(values) => Arc::new(UInt64Array::new(values.clone().into(), nulls)),
            Values::F64(values) => Arc::new(Float64Array::new(values.clone().into(), nulls)),
            Values::Boolean(values) => Arc::new(BooleanArray::new(values.as_slice().into(), nulls)),
            Values::Text { places, bytes } => {
                let texts = places.iter().zip(&self.present);
                let texts = texts.map(|(place, present)| bytes.get(place.clone()).filter(|_| *present));
                Arc::new(texts.collect::<StringArray>())
            }
            Values::Tag { codes, distinct } => {
                let texts: StringArray = distinct.texts.iter().map(|text| Some(&**text)).collect();
                let codes = Int32Array::new(codes.clone().into(), nulls);
                Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(texts)))
            }
        }
    }
}

fn put<T>(values: &mut [T], row: usize, value: Option<T>) -> Option<()> {
    *values.get_mut(row)? = value?;
    Some(())
}

fn add(bytes: &mut String, text: &str) -> Range<usize> {
    let start = bytes.len();
    bytes.push_str(text);
    start..bytes.len()
}

impl Distinct {
    /// The code of a value, which is a new one if the value is.
    fn code(&mut self, text: &str) -> Option<i32> {
        if let Some(code) = self.codes.get(text) {
            return Some(*code);
        }
        let (code, text) = (i32::try_from(self.texts.len()).ok()?, Arc::<str>::from(text));
        self.bytes = self.bytes.saturating_add(text.len());
        self.texts.push(Arc::clone(&text));
        self.codes.insert(text, code);
        Some(code)
    }
}
