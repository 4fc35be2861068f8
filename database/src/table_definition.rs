//! Tables as clients define them and see them.

use std::collections::HashSet;
use std::sync::Arc;

use tidegate::{DatabaseError, DatabaseErrorKind, TableName};

use crate::schema::{ColumnDefinition, FieldType, TIME, TableSchema};
use crate::staging::MAX_COLUMNS;

/// A table without rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDefinition {
    /// What it is called.
    pub name: TableName,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its fields: name, and type as `int64`, `uint64`, `float64`, `utf8` or
    /// `bool`.
    pub fields: Vec<(String, String)>,
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnInfo {
    /// Its table.
    pub table: TableName,
    /// Its name.
    pub name: Arc<str>,
    /// `tag`, or the type of a field; the time is left out.
    pub data_type: String,
}

impl TableDefinition {
    pub(crate) fn into_schema(self) -> Result<(TableName, TableSchema), DatabaseError> {
        let Self { name, tags, fields } = self;
        let invalid = |why: String| DatabaseError::new(DatabaseErrorKind::Invalid, format!("{why} table=`{name}`"));
        if tags.is_empty() && fields.is_empty() {
            return Err(invalid("a table needs a column; name a tag, or a field such as usage:float64.".to_owned()));
        }
        let mut columns: Vec<(Arc<str>, ColumnDefinition)> =
            tags.iter().map(|tag| (tag.as_str().into(), ColumnDefinition::Tag)).collect();
        for (field, data_type) in &fields {
            let data_type = field_type(data_type).ok_or_else(|| {
                invalid(format!(
                    "a field's type is one of int64, uint64, float64, utf8, bool. field=`{field}` type=`{data_type}`"
                ))
            })?;
            columns.push((field.as_str().into(), ColumnDefinition::Field(data_type)));
        }
        // The time is a column, too.
        if columns.len() >= MAX_COLUMNS {
            return Err(invalid(format!(
                "Update to schema would exceed number of columns per table limit of {MAX_COLUMNS} columns."
            )));
        }
        let mut names = HashSet::new();
        for (column, _) in &columns {
            let is_twice = !names.insert(column);
            let is_name = !column.is_empty() && !column.contains(char::is_control);
            if is_twice || !is_name || &**column == TIME {
                return Err(invalid(format!(
                    "a column's name is text, not `{TIME}`, and no other column's. column=`{column}`"
                )));
            }
        }
        drop(names);
        let schema = TableSchema::new(columns);
        Ok((name, schema))
    }
}

impl ColumnInfo {
    pub(crate) fn of(table: &TableName, schema: &TableSchema) -> Vec<Self> {
        let column = |(name, definition): &(Arc<str>, ColumnDefinition)| Self {
            table: table.clone(),
            name: Arc::clone(name),
            data_type: definition.to_string(),
        };
        schema.columns().iter().map(column).collect()
    }
}

fn field_type(name: &str) -> Option<FieldType> {
    match name {
        "int64" => Some(FieldType::I64),
        "uint64" => Some(FieldType::U64),
        "float64" => Some(FieldType::F64),
        "utf8" => Some(FieldType::Text),
        "bool" => Some(FieldType::Boolean),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn define(tags: &[&str], fields: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let definition = TableDefinition {
            name: TableName::new("cpu").unwrap(),
            tags: tags.iter().map(ToString::to_string).collect(),
            fields: fields.iter().map(|(name, kind)| ((*name).to_owned(), (*kind).to_owned())).collect(),
        };
        let (name, schema) = definition.into_schema().map_err(|error| error.message)?;
        Ok(ColumnInfo::of(&name, &schema).into_iter().map(|column| column.data_type).collect())
    }

    #[test]
    fn tags_come_before_fields() {
        let columns = define(&["host"], &[("usage", "float64"), ("up", "bool")]).unwrap();
        assert_eq!(columns, ["tag", "float64", "bool"]);
    }

    #[test]
    fn what_is_no_table_is_refused_by_name() {
        assert_eq!(define(&["host"], &[]), Ok(vec!["tag".to_owned()]));
        assert!(define(&[], &[]).unwrap_err().contains("needs a column"));
        assert!(define(&[], &[("a", "int")]).unwrap_err().contains("type=`int`"));
        assert!(define(&["a"], &[("a", "int64")]).unwrap_err().contains("column=`a`"));
        assert!(define(&["time"], &[("a", "int64")]).unwrap_err().contains("column=`time`"));
        let wide: Vec<_> = (0..500).map(|number| number.to_string()).collect();
        let wide: Vec<_> = wide.iter().map(String::as_str).collect();
        assert!(define(&wide, &[]).unwrap_err().contains("limit of 500 columns"));
        assert!(define(&[""], &[("a", "int64")]).unwrap_err().contains("column=``"));
    }
}
