//! `system.databases`, `tables`, `nodes` and `influxdb_schema`.

use std::collections::BTreeMap;

use tidegate::{DatabaseId, DatabaseName};
use tidegate_database::ColumnInfo;

use super::columns::{Cell, Column};
use super::{INTERNAL, View};
use crate::permissions::Action;

/// A database.
pub(super) struct Database {
    name: String,
    retention_ns: Option<u64>,
}

pub(super) const DATABASES: &[Column<Database>] = &[
    Column("database_name", Cell::Text(|database| Some(database.name.clone()))),
    Column("retention_period_ns", Cell::Unsigned(|database| database.retention_ns)),
    Column("deleted", Cell::Boolean(|_| Some(false))),
];

/// A table.
#[derive(Default)]
pub(super) struct Table {
    database: String,
    name: String,
    columns: u64,
    tags: Vec<String>,
}

pub(super) const TABLES: &[Column<Table>] = &[
    Column("database_name", Cell::Text(|table| Some(table.database.clone()))),
    Column("table_name", Cell::Text(|table| Some(table.name.clone()))),
    Column("column_count", Cell::Unsigned(|table| Some(table.columns))),
    Column("series_key_columns", Cell::Text(|table| Some(table.tags.join(", ")))),
    Column("deleted", Cell::Boolean(|_| Some(false))),
];

pub(super) const SCHEMA: &[Column<ColumnInfo>] = &[
    Column("measurement", Cell::Text(|column| Some(column.table.to_string()))),
    Column("key", Cell::Text(|column| Some(column.name.to_string()))),
    Column("data_type", Cell::Text(|column| Some(column.data_type.clone()))),
];

/// This server: what it is called, which cluster it is, how many cores it has.
pub(super) type Node = (String, String, Option<u64>);

pub(super) const NODES: &[Column<Node>] = &[
    Column("node_id", Cell::Text(|(name, ..)| Some(name.clone()))),
    Column("instance_id", Cell::Text(|(_, cluster, _)| Some(cluster.clone()))),
    Column("mode", Cell::Text(|_| Some("core".to_owned()))),
    Column("core_count", Cell::Unsigned(|(.., cores)| *cores)),
    Column("state", Cell::Text(|_| Some("running".to_owned()))),
];

pub(super) fn databases(view: &View) -> Vec<Database> {
    let database = &view.server.database;
    let retention = |name: &DatabaseName| {
        let period = database.retention(&id(view, name)).ok()??;
        u64::try_from(period.as_nanos()).ok()
    };
    let own = Database { name: INTERNAL.to_owned(), retention_ns: None };
    let names = view.server.databases_of(&view.caller);
    let others = names.iter().map(|name| Database { name: name.to_string(), retention_ns: retention(name) });
    std::iter::once(own).chain(others).collect()
}

pub(super) fn tables(view: &View) -> Vec<Table> {
    let mut tables = BTreeMap::<(String, String), Table>::new();
    let readable = |name: &DatabaseName| view.shows(Action::Read, &id(view, name));
    for database in view.server.databases_of(&view.caller).into_iter().filter(readable) {
        // One that has just been deleted has none any more.
        for column in view.server.database.columns(&id(view, &database)).unwrap_or_default() {
            let key = (database.to_string(), column.table.to_string());
            let table = tables.entry(key).or_insert_with_key(|(database, name)| Table {
                database: database.clone(),
                name: name.clone(),
                // The time.
                columns: 1,
                tags: Vec::new(),
            });
            table.columns = table.columns.saturating_add(1);
            if column.data_type == "tag" {
                table.tags.push(column.name.to_string());
            }
        }
    }
    tables.into_values().collect()
}

/// The columns of this database's tables, the times left out.
pub(super) fn columns(view: &View) -> Vec<ColumnInfo> {
    view.server.database.columns(&view.database).unwrap_or_default()
}

pub(super) fn node(view: &View) -> Node {
    let cores = std::thread::available_parallelism().ok().and_then(|cores| u64::try_from(cores.get()).ok());
    (view.server.node.clone(), view.server.catalog.now().cluster.clone(), cores)
}

fn id(view: &View, name: &DatabaseName) -> DatabaseId {
    DatabaseId { tenant: view.caller.tenant().clone(), name: name.clone() }
}
