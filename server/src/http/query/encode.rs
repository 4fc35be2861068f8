//! Rows as bytes, batch by batch.

use std::sync::{Arc, Mutex, PoisonError};
use std::{io, mem};

use arrow::array::RecordBatch;
use arrow::csv;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::json::writer::{JsonArray, LineDelimited};
use arrow::json::{Writer, WriterBuilder};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

/// Turns batches of rows into bytes as they come.
pub(super) enum Encoder {
    Json(Writer<Vec<u8>, JsonArray>),
    JsonLines(Writer<Vec<u8>, LineDelimited>),
    /// The columns, until the header has been written.
    Csv(Option<SchemaRef>),
    Parquet(Box<ArrowWriter<Shared>>, Shared),
}

/// What has been written and not been sent.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared(Arc<Mutex<Vec<u8>>>);

impl Shared {
    fn take(&self) -> Vec<u8> {
        mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is gathered before it is sent: readers want it in few pieces.
const ROW_GROUP_BYTES: usize = 16 << 20;

impl Encoder {
    pub(super) fn json() -> Self {
        Self::Json(WriterBuilder::new().build(Vec::new()))
    }

    pub(super) fn json_lines() -> Self {
        Self::JsonLines(WriterBuilder::new().build(Vec::new()))
    }

    pub(super) fn csv(schema: SchemaRef) -> Self {
        Self::Csv(Some(schema))
    }

    pub(super) fn parquet(schema: SchemaRef) -> Result<Self, ArrowError> {
        let (sent, properties) = (Shared::default(), WriterProperties::builder().set_compression(Compression::SNAPPY));
        let writer = ArrowWriter::try_new(sent.clone(), schema, Some(properties.build()))?;
        Ok(Self::Parquet(Box::new(writer), sent))
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
            Self::Csv(header) => csv(batch, header.take().is_some()),
            Self::Parquet(writer, sent) => {
                writer.write(batch)?;
                if writer.in_progress_size() > ROW_GROUP_BYTES {
                    writer.flush()?;
                }
                Ok(sent.take())
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
            Self::JsonLines(_) | Self::Csv(None) => Ok(Vec::new()),
            // No batch has come: the header is all there is.
            Self::Csv(header) => {
                header.take().map_or(Ok(Vec::new()), |schema| csv(&RecordBatch::new_empty(schema), true))
            }
            Self::Parquet(writer, sent) => {
                writer.finish()?;
                Ok(sent.take())
            }
        }
    }
}

fn csv(batch: &RecordBatch, header: bool) -> Result<Vec<u8>, ArrowError> {
    let mut writer = csv::WriterBuilder::new().with_header(header).build(Vec::new());
    writer.write(batch)?;
    Ok(writer.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Float64Array, StringArray, TimestampNanosecondArray};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReader;

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
        assert_eq!(
            all(Encoder::csv(batch(&[]).schema())),
            "host,usage,time\na,0.5,2024-01-01T00:00:00\na,,2024-01-01T00:00:00\n"
        );
    }

    #[test]
    fn no_rows_are_an_empty_array_or_just_a_header() {
        assert_eq!(Encoder::json().finish().unwrap(), b"[]");
        assert_eq!(Encoder::csv(batch(&[]).schema()).finish().unwrap(), b"host,usage,time\n");
    }

    #[test]
    fn parquet_comes_piece_by_piece_and_is_read_again() {
        let mut encoder = Encoder::parquet(batch(&[None]).schema()).unwrap();
        let mut bytes = encoder.encode(&batch(&[Some(0.5), None])).unwrap();
        bytes.extend(encoder.finish().unwrap());
        let mut reader = ParquetRecordBatchReader::try_new(bytes::Bytes::from(bytes), 10).unwrap();
        assert_eq!(reader.next().unwrap().unwrap(), batch(&[Some(0.5), None]));
        assert!(reader.next().is_none());
    }
}
