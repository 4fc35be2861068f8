//! What a statement would return, and what there is to be queried, for clients
//! that ask before they run anything.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::SchemaProvider;
use datafusion::catalog::information_schema::{INFORMATION_SCHEMA, InformationSchemaProvider};
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use tidegate::{DatabaseError, Parameters};

use super::deep_stack::with_deep_stack;
use super::{CATALOG, QueryEngine, Source, logical_plan, parameters, planning};

/// What a statement returns and takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementDescription {
    /// The columns of its result.
    pub columns: SchemaRef,
    /// Its parameters by name, in the order in which values without names are
    /// for them. The type of one that could be anything is `Null`.
    pub parameters: SchemaRef,
}

/// A schema: tables of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDescription {
    /// What queries call it.
    pub name: String,
    /// By name.
    pub tables: Vec<TableDescription>,
}

/// A table that queries can name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDescription {
    /// What queries call it.
    pub name: String,
    /// What it is to `information_schema`, such as `BASE TABLE`.
    pub kind: &'static str,
    /// What `SELECT *` returns.
    pub columns: SchemaRef,
}

impl QueryEngine {
    /// Returns the columns of what a statement would return with these
    /// parameters.
    pub(crate) async fn columns(
        &self,
        source: Source,
        statement: (&str, &Parameters),
    ) -> Result<SchemaRef, DatabaseError> {
        let (plan, _) = self.plan(source, statement).await?;
        Ok(plan.schema())
    }

    /// Describes a statement whose parameters have no values yet.
    pub(crate) async fn describe(&self, source: Source, sql: &str) -> Result<StatementDescription, DatabaseError> {
        source.require()?;
        let (mut state, sql) = (self.template.clone(), sql.to_owned());
        let describe = async move {
            let (statement, names) = parameters::unbound(&sql).map_err(planning)?;
            let plan = logical_plan(&mut state, &source, statement).await?;
            let mut types = plan.get_parameter_types().map_err(planning)?;
            let parameters = names.into_iter().map(|name| {
                let known = types.remove(&format!("${name}")).flatten();
                Field::new(name, known.unwrap_or(DataType::Null), true)
            });
            let parameters = Arc::new(Schema::new(parameters.collect::<Vec<_>>()));
            Ok(StatementDescription { columns: Arc::clone(plan.schema().inner()), parameters })
        };
        with_deep_stack(describe).await
    }
}

impl Source {
    /// Returns all that queries can name, by schema.
    pub(crate) async fn schemas(&self) -> Result<Vec<SchemaDescription>, DatabaseError> {
        let catalogs = self.catalog(&[])?;
        let mut schemas = Vec::new();
        if let Some(public) = catalogs.catalog(CATALOG) {
            for name in public.schema_names() {
                if let Some(schema) = public.schema(&name) {
                    schemas.push(described(name, &*schema).await.map_err(planning)?);
                }
            }
        }
        let information = InformationSchemaProvider::new(catalogs);
        schemas.push(described(INFORMATION_SCHEMA.to_owned(), &information).await.map_err(planning)?);
        Ok(schemas)
    }
}

async fn described(name: String, schema: &dyn SchemaProvider) -> Result<SchemaDescription, DataFusionError> {
    let mut tables = Vec::new();
    for name in schema.table_names() {
        if let Some(table) = schema.table(&name).await? {
            tables.push(TableDescription { name, kind: kind(table.table_type()), columns: table.schema() });
        }
    }
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(SchemaDescription { name, tables })
}

fn kind(table_type: TableType) -> &'static str {
    match table_type {
        TableType::Base => "BASE TABLE",
        TableType::View => "VIEW",
        TableType::Temporary => "LOCAL TEMPORARY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{CPU, Fixture, database};
    use tidegate::{DatabaseErrorKind, Value};

    fn columns(schema: &Schema) -> Vec<String> {
        schema.fields().iter().map(|field| format!("{} {}", field.name(), field.data_type())).collect()
    }

    #[tokio::test]
    async fn a_statement_is_described_before_its_parameters_have_values() {
        let fixture = Fixture::with(CPU).await;
        let sql = "SELECT usage, $x AS x FROM cpu WHERE host = $host AND cores > $2 AND usage < $10";

        let description = fixture.database.describe(None, &database(), sql).await.unwrap();

        assert_eq!(columns(&description.columns), ["usage Float64", "x Null"]);
        let parameters = ["2 Int64", "10 Float64", "x Null", "host Dictionary(Int32, Utf8)"];
        assert_eq!(columns(&description.parameters), parameters);
        let marked = fixture.database.describe(None, &database(), "SELECT ?, ? + 1").await.unwrap();
        assert_eq!(columns(&marked.parameters), ["1 Null", "2 Int64"]);
    }

    #[tokio::test]
    async fn what_cannot_be_described_is_told_why() {
        let fixture = Fixture::with(CPU).await;
        for (sql, reason) in [
            ("SELECT", "error while planning query: "),
            ("SELECT * FROM nowhere", "table 'public.iox.nowhere' not found"),
            ("DELETE FROM cpu", "DML not supported: Delete"),
            ("SELECT 1; SELECT 2", "a query is one statement"),
            (&format!("SELECT 1{}", " + 1".repeat(500)), "the statement is too complex"),
        ] {
            let error = fixture.database.describe(None, &database(), sql).await.unwrap_err();
            assert_eq!(error.kind, DatabaseErrorKind::Invalid, "{sql}");
            assert!(error.message.contains(reason), "{error}");
        }
        let nowhere = tidegate::DatabaseName::new("nowhere").unwrap().into();
        let error = fixture.database.describe(None, &nowhere, "SELECT 1").await.unwrap_err();
        assert_eq!(error.kind, DatabaseErrorKind::NotFound);
        let error = fixture.database.schemas(None, &nowhere).await.unwrap_err();
        assert_eq!(error.kind, DatabaseErrorKind::NotFound);
    }

    #[tokio::test]
    async fn columns_are_those_that_the_rows_will_have() {
        let fixture = Fixture::with(CPU).await;
        let parameters = [("x".to_owned(), Value::I64(1))].into();
        let sql = "SELECT host, usage, time, $x + 1 AS x FROM cpu";

        let told = fixture.database.result_columns(None, &database(), (sql, &parameters)).await.unwrap();

        let rows = fixture.database.sql(&database(), sql, &parameters).await.unwrap();
        assert_eq!(told, rows.schema());
        let stored_as: Vec<_> =
            told.fields().iter().map(|field| field.metadata().get("iox::column::type").map(String::as_str)).collect();
        let expected = ["tag", "field::float", "timestamp"].map(|kind| format!("iox::column_type::{kind}"));
        assert_eq!(stored_as, [Some(&*expected[0]), Some(&*expected[1]), Some(&*expected[2]), None]);
    }

    #[tokio::test]
    async fn schemas_have_all_that_information_schema_has() {
        let fixture = Fixture::with(CPU).await;
        let sql = "SELECT table_schema, table_name, table_type FROM information_schema.tables";
        let rows = fixture.rows(sql).await;
        let mut expected: Vec<_> = rows.lines().collect();
        expected.sort_unstable();

        let schemas = fixture.database.schemas(None, &database()).await.unwrap();

        let of = |schema: &SchemaDescription| {
            let named = |table: &TableDescription| format!("{},{},{}", schema.name, table.name, table.kind);
            schema.tables.iter().map(named).collect::<Vec<_>>()
        };
        let mut tables: Vec<_> = schemas.iter().flat_map(of).collect();
        tables.sort_unstable();
        assert_eq!(tables, expected);
        let iox = schemas.iter().find(|schema| schema.name == "iox").unwrap();
        assert_eq!(columns(&iox.tables[0].columns).len(), 8);
    }
}
