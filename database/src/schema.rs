//! What the columns of a table are.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use tidegate::{ColumnKind, ColumnValues, TableColumn};

/// The name of the column that every table has.
pub(crate) const TIME: &str = "time";

/// What a tag or field column is. Fixed when it is first written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ColumnDefinition {
    Tag,
    Field(FieldType),
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldType {
    I64,
    U64,
    F64,
    Boolean,
    Text,
}

impl ColumnDefinition {
    /// What a column of a batch is; nothing for the time.
    pub(crate) fn of(column: &TableColumn) -> Option<Self> {
        match (column.kind, &column.column.values) {
            (ColumnKind::Tag, _) => Some(Self::Tag),
            (ColumnKind::Field, ColumnValues::I64(_)) => Some(Self::Field(FieldType::I64)),
            (ColumnKind::Field, ColumnValues::U64(_)) => Some(Self::Field(FieldType::U64)),
            (ColumnKind::Field, ColumnValues::F64(_)) => Some(Self::Field(FieldType::F64)),
            (ColumnKind::Field, ColumnValues::Boolean(_)) => Some(Self::Field(FieldType::Boolean)),
            (ColumnKind::Field, ColumnValues::Text(_) | ColumnValues::Coded { .. }) => {
                Some(Self::Field(FieldType::Text))
            }
            (ColumnKind::Time, _) | (ColumnKind::Field, ColumnValues::Time(_)) => None,
        }
    }

    pub(crate) fn arrow_type(self) -> DataType {
        match self {
            Self::Tag => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
            Self::Field(FieldType::I64) => DataType::Int64,
            Self::Field(FieldType::U64) => DataType::UInt64,
            Self::Field(FieldType::F64) => DataType::Float64,
            Self::Field(FieldType::Boolean) => DataType::Boolean,
            Self::Field(FieldType::Text) => DataType::Utf8,
        }
    }

    fn arrow_field(self, name: &str) -> Field {
        let stored_as = stored_as(match self {
            Self::Tag => "tag",
            Self::Field(FieldType::I64) => "field::integer",
            Self::Field(FieldType::U64) => "field::uinteger",
            Self::Field(FieldType::F64) => "field::float",
            Self::Field(FieldType::Boolean) => "field::boolean",
            Self::Field(FieldType::Text) => "field::string",
        });
        Field::new(name, self.arrow_type(), true).with_metadata(stored_as)
    }
}

/// Says what a column was stored as, in the words of InfluxDB 3: its clients
/// tell tags from fields by them.
fn stored_as(column_type: &str) -> HashMap<String, String> {
    HashMap::from([("iox::column::type".to_owned(), format!("iox::column_type::{column_type}"))])
}

impl fmt::Display for ColumnDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tag => "tag",
            Self::Field(FieldType::I64) => "int64",
            Self::Field(FieldType::U64) => "uint64",
            Self::Field(FieldType::F64) => "float64",
            Self::Field(FieldType::Boolean) => "bool",
            Self::Field(FieldType::Text) => "utf8",
        })
    }
}

/// The columns of a table besides its time. Never changed: a table that gains
/// columns gets a new one, so that two are the same exactly if their pointers
/// are.
#[derive(Debug)]
pub(crate) struct TableSchema {
    /// In the order in which they were first written.
    columns: Vec<(Arc<str>, ColumnDefinition)>,
    places: HashMap<Arc<str>, usize>,
    arrow: SchemaRef,
}

impl TableSchema {
    pub(crate) fn new(columns: Vec<(Arc<str>, ColumnDefinition)>) -> Self {
        let places = columns.iter().enumerate().map(|(place, (name, _))| (Arc::clone(name), place)).collect();
        let mut fields: Vec<_> = columns.iter().map(|(name, definition)| definition.arrow_field(name)).collect();
        let time = Field::new(TIME, DataType::Timestamp(TimeUnit::Nanosecond, None), false);
        fields.push(time.with_metadata(stored_as("timestamp")));
        // InfluxDB sorts what `SELECT *` returns.
        fields.sort_by(|one, other| one.name().cmp(other.name()));
        Self { columns, places, arrow: Arc::new(Schema::new(fields)) }
    }

    /// The same with more columns behind the others.
    pub(crate) fn with(&self, more: impl IntoIterator<Item = (Arc<str>, ColumnDefinition)>) -> Self {
        Self::new(self.columns.iter().cloned().chain(more).collect())
    }

    /// How many columns there are besides the time.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// In the order in which they were first written.
    pub(crate) fn columns(&self) -> &[(Arc<str>, ColumnDefinition)] {
        &self.columns
    }

    /// The place of a column in that order.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }

    pub(crate) fn definition(&self, name: &str) -> Option<ColumnDefinition> {
        self.columns.get(self.place(name)?).map(|(_, definition)| *definition)
    }

    /// The columns as queries see them: sorted by name, the time among them.
    pub(crate) fn arrow(&self) -> &SchemaRef {
        &self.arrow
    }
}
