//! Which catalogs, schemas and tables there are, as Flight SQL tells it.

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTableTypes, CommandGetTables};
use tidegate_database::{CATALOG, SchemaDescription};

use super::rows;

/// What tables are to `information_schema`.
const TABLE_TYPES: [&str; 2] = ["BASE TABLE", "VIEW"];

/// The one catalog.
pub(super) fn catalogs(query: CommandGetCatalogs) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    builder.append(CATALOG);
    builder.build()
}

/// The schemas that match.
pub(super) fn schemas(query: CommandGetDbSchemas, schemas: &[SchemaDescription]) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    for schema in schemas {
        builder.append(CATALOG, &schema.name);
    }
    builder.build()
}

/// The tables that match, with their columns if those are wanted.
pub(super) fn tables(query: CommandGetTables, schemas: &[SchemaDescription]) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    for schema in schemas {
        for table in &schema.tables {
            let columns = rows::sent(table.columns.clone());
            builder.append(CATALOG, &schema.name, &table.name, table.kind, &columns)?;
        }
    }
    builder.build()
}

/// The kinds of tables.
pub(super) fn table_types(query: CommandGetTableTypes) -> Result<RecordBatch, FlightError> {
    let mut builder = query.into_builder();
    for kind in TABLE_TYPES {
        builder.append(kind);
    }
    builder.build()
}
