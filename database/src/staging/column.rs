//! One column of the good lines.

use std::collections::HashMap;
use std::sync::Arc;

use tidegate::{Column, ColumnKind, ColumnValues, TableColumn, TextBuffer, Validity};

use crate::line_protocol::Cell;
use crate::schema::{ColumnDefinition, FieldType};

/// A column that grows by a cell at a time. Rows that it is not told of have no
/// value.
#[derive(Debug)]
pub(super) struct StagedColumn {
    name: Arc<str>,
    definition: ColumnDefinition,
    validity: Validity,
    values: ColumnValues,
    codes: HashMap<String, u32>,
    /// The last line that has this column, and where among its cells.
    mark: (u64, usize),
}

impl StagedColumn {
    pub(super) fn new(name: &str, definition: ColumnDefinition) -> Self {
        let values = match definition {
            ColumnDefinition::Tag => ColumnValues::Coded { codes: Vec::new(), dictionary: TextBuffer::default() },
            ColumnDefinition::Field(FieldType::I64) => ColumnValues::I64(Vec::new()),
            ColumnDefinition::Field(FieldType::U64) => ColumnValues::U64(Vec::new()),
            ColumnDefinition::Field(FieldType::F64) => ColumnValues::F64(Vec::new()),
            ColumnDefinition::Field(FieldType::Boolean) => ColumnValues::Boolean(Vec::new()),
            ColumnDefinition::Field(FieldType::Text) => ColumnValues::Text(TextBuffer::default()),
        };
        let (name, validity) = (name.into(), Validity::default());
        Self { name, definition, validity, values, codes: HashMap::new(), mark: (0, 0) }
    }

    pub(super) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(super) fn definition(&self) -> ColumnDefinition {
        self.definition
    }

    /// Remembers that cell number `cell` of `line`, the first of which is 1, is
    /// of this column, and returns which cell of it was before.
    pub(super) fn mark(&mut self, line: u64, cell: usize) -> Option<usize> {
        let (last_line, last_cell) = std::mem::replace(&mut self.mark, (line, cell));
        (last_line == line).then_some(last_cell)
    }

    /// Sets the value of `row`, which is behind all rows that were set.
    pub(super) fn set(&mut self, row: usize, cell: Cell<'_>) {
        self.pad(row);
        match (&mut self.values, cell) {
            (ColumnValues::I64(values), Cell::I64(value)) => values.push(value),
            (ColumnValues::U64(values), Cell::U64(value)) => values.push(value),
            (ColumnValues::F64(values), Cell::F64(value)) => values.push(value),
            (ColumnValues::Boolean(values), Cell::Boolean(value)) => values.push(value),
            (ColumnValues::Text(values), Cell::Text(value)) => values.push(value),
            (ColumnValues::Coded { codes, dictionary }, Cell::Tag(value)) => {
                let code = match self.codes.get(value) {
                    Some(code) => *code,
                    None => {
                        let code = u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
                        dictionary.push(value);
                        self.codes.insert(value.to_owned(), code);
                        code
                    }
                };
                codes.push(code);
            }
            (_, cell) => {
                debug_assert!(false, "{cell:?} was checked to be {}", self.definition);
                return;
            }
        }
        self.validity.push(true);
    }

    /// Adds rows without a value until there are `rows`.
    fn pad(&mut self, rows: usize) {
        let missing = rows.saturating_sub(self.validity.len());
        (0..missing).for_each(|_| self.validity.push(false));
        match &mut self.values {
            ColumnValues::I64(values) | ColumnValues::Time(values) => values.resize(rows, 0),
            ColumnValues::U64(values) => values.resize(rows, 0),
            ColumnValues::F64(values) => values.resize(rows, 0.0),
            ColumnValues::Boolean(values) => values.resize(rows, false),
            ColumnValues::Text(values) => (0..missing).for_each(|_| values.push("")),
            ColumnValues::Coded { codes, .. } => codes.resize(rows, 0),
        }
    }

    pub(super) fn finish(mut self, rows: usize) -> TableColumn {
        self.pad(rows);
        let kind = match self.definition {
            ColumnDefinition::Tag => ColumnKind::Tag,
            ColumnDefinition::Field(_) => ColumnKind::Field,
        };
        TableColumn { kind, column: Column { name: self.name, validity: self.validity, values: self.values } }
    }
}
