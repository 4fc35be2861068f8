//! Lines become table batches that agree with the schema.

mod column;
mod table;

use std::collections::HashMap;
use std::sync::Arc;

use tidegate::{DatabaseId, TableBatch, TableName};

use crate::line_protocol::{Line, lines};
use crate::schema::TableSchema;
use crate::write::{BadLine, RejectedLine, WriteOptions};
pub(crate) use table::MAX_COLUMNS;
use table::StagedTable;

/// The most tables of a database, so that a writer cannot fill the memory with
/// tables of one row.
const MAX_TABLES: usize = 10_000;

/// How many bad lines are told of. Each takes more memory than the shortest line
/// that is bad.
const MAX_TOLD: usize = 1_000;

/// What is known of the schema while lines are staged. It may change before
/// they are written: storage takes only batches for the schema as it is.
pub(crate) trait KnownSchema {
    /// The schema of a table that exists.
    fn table(&self, database: &DatabaseId, table: &str) -> Option<Arc<TableSchema>>;
    /// How many tables there are.
    fn table_count(&self, database: &DatabaseId) -> usize;
}

/// The lines of a text for one database, ready to be written.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    /// The rows of the good lines.
    pub(crate) batches: Vec<StagedBatch>,
    /// How many good lines there were.
    pub(crate) lines: usize,
    /// The others, the first of them.
    pub(crate) rejected: Vec<RejectedLine>,
}

/// The rows for one table, and the schema for which they were checked.
#[derive(Debug)]
pub(crate) struct StagedBatch {
    pub(crate) batch: Arc<TableBatch>,
    pub(crate) checked_for: Option<Arc<TableSchema>>,
}

/// Checks the lines of `text` against `schema` and against each other; the
/// first line that names a column decides what it is.
pub(crate) fn stage(database: &DatabaseId, text: &str, options: WriteOptions, schema: &impl KnownSchema) -> Staged {
    let mut staged = Staged::default();
    let mut tables = Tables { database, schema, places: HashMap::new(), tables: Vec::new() };
    for line in lines(text) {
        let added = line.and_then(|line| {
            tables.add(&line, options).map_err(|error| RejectedLine::new(line.number, line.text, error))
        });
        match added {
            Ok(()) => staged.lines = staged.lines.saturating_add(1),
            Err(rejected) if staged.rejected.len() < MAX_TOLD => staged.rejected.push(rejected),
            Err(_) => {}
        }
    }
    staged.batches = tables.tables.into_iter().filter_map(StagedTable::finish).collect();
    staged
}

struct Tables<'s, S> {
    database: &'s DatabaseId,
    schema: &'s S,
    places: HashMap<String, usize>,
    tables: Vec<StagedTable>,
}

impl<S: KnownSchema> Tables<'_, S> {
    fn add(&mut self, line: &Line<'_>, options: WriteOptions) -> Result<(), BadLine> {
        let time = match line.timestamp() {
            None => options.time.0,
            Some(timestamp) => options.precision.nanoseconds(timestamp).ok_or_else(|| {
                let precision = options.precision;
                format!("timestamp does not fit into nanoseconds. timestamp=`{timestamp}` precision=`{precision}`")
            })?,
        };
        let known = self.places.get(line.table()).and_then(|place| self.tables.get_mut(*place));
        match known {
            Some(table) => table.add(line, time),
            None => {
                let mut table = self.open(line.table())?;
                // A table whose only line is bad is none.
                table.add(line, time)?;
                self.places.insert(line.table().to_owned(), self.tables.len());
                self.tables.push(table);
                Ok(())
            }
        }
    }

    fn open(&self, name: &str) -> Result<StagedTable, BadLine> {
        let schema = self.schema.table(self.database, name);
        let tables = self.schema.table_count(self.database).saturating_add(self.tables.len());
        if schema.is_none() && tables >= MAX_TABLES {
            let why = format!("Update to schema would exceed number of tables limit of {MAX_TABLES} tables");
            return Err(BadLine::limit(why));
        }
        let name = TableName::new(name).map_err(|error| error.to_string())?;
        Ok(StagedTable::new(name, schema))
    }
}
