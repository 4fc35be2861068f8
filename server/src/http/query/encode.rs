//! Rows as bytes, batch by batch.

use std::mem;

use arrow::array::RecordBatch;
use arrow::csv;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, LineDelimited};
use arrow::json::{Writer, WriterBuilder};

/// Turns batches of rows into bytes as they come.
pub(super) enum Encoder {
    Json(Writer<Vec<u8>, JsonArray>),
    JsonLines(Writer<Vec<u8>, LineDelimited>),
    /// Whether the header is yet to come.
    Csv(bool),
}

impl Encoder {
    pub(super) fn json() -> Self {
        Self::Json(WriterBuilder::new().build(Vec::new()))
    }

    pub(super) fn json_lines() -> Self {
        Self::JsonLines(WriterBuilder::new().build(Vec::new()))
    }

    pub(super) fn csv() -> Self {
        Self::Csv(true)
    }

    pub(super) fn encode(&mut self, batch: &RecordBatch) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json(writer) => {
                writer.write(batch)?;
                Ok(mem::take(writer.get_mut()))
            }
            Self::JsonLines(writer) => {
                writer.write(batch)?;
                Ok(mem::take(writer.get_mut()))
            }
            Self::Csv(header) => {
                let mut writer = csv::WriterBuilder::new().with_header(mem::take(header)).build(Vec::new());
                writer.write(batch)?;
                Ok(writer.into_inner())
            }
        }
    }

    /// What comes after the last batch.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json(writer) => {
                writer.finish()?;
                Ok(mem::take(writer.get_mut()))
            }
            Self::JsonLines(_) | Self::Csv(_) => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Float64Array, StringArray, TimestampNanosecondArray};
    use std::sync::Arc;

    fn batch(usages: &[Option<f64>]) -> RecordBatch {
        let rows = usages.len();
        RecordBatch::try_from_iter([
            ("host", Arc::new(StringArray::from(vec!["a"; rows])) as ArrayRef),
            ("usage", Arc::new(Float64Array::from(usages.to_vec()))),
            ("time", Arc::new(TimestampNanosecondArray::from(vec![1_704_067_200_000_000_000; rows]))),
        ])
        .unwrap()
    }

    fn all(mut encoder: Encoder) -> String {
        let mut bytes = encoder.encode(&batch(&[Some(0.5)])).unwrap();
        bytes.extend(encoder.encode(&batch(&[None])).unwrap());
        bytes.extend(encoder.finish().unwrap());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_leaves_out_what_is_absent() {
        assert_eq!(
            all(Encoder::json()),
            r#"[{"host":"a","usage":0.5,"time":"2024-01-01T00:00:00"},{"host":"a","time":"2024-01-01T00:00:00"}]"#
        );
        assert_eq!(
            all(Encoder::json_lines()),
            "{\"host\":\"a\",\"usage\":0.5,\"time\":\"2024-01-01T00:00:00\"}\n{\"host\":\"a\",\"time\":\"2024-01-01T00:00:00\"}\n"
        );
    }

    #[test]
    fn csv_has_its_header_once() {
        assert_eq!(all(Encoder::csv()), "host,usage,time\na,0.5,2024-01-01T00:00:00\na,,2024-01-01T00:00:00\n");
    }

    #[test]
    fn no_rows_are_an_empty_array() {
        assert_eq!(Encoder::json().finish().unwrap(), b"[]");
    }
}
