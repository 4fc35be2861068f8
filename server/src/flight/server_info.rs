//! What clients ask about the server itself: its name, abilities and types.

use arrow::array::RecordBatch;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoDataBuilder, XdbcTypeInfo, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetSqlInfo, CommandGetXdbcTypeInfo, Nullable, Searchable, SqlInfo, SqlSupportedTransaction, XdbcDataType,
};

/// The facts that are asked for, or all.
pub(super) fn facts(query: CommandGetSqlInfo) -> Result<RecordBatch, FlightError> {
    let mut facts = SqlInfoDataBuilder::new();
    facts.append(SqlInfo::FlightSqlServerName, "Tidegate");
    facts.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    // The version of the format, not of a library.
    facts.append(SqlInfo::FlightSqlServerArrowVersion, "1.3");
    facts.append(SqlInfo::FlightSqlServerReadOnly, true);
    facts.append(SqlInfo::FlightSqlServerSql, true);
    facts.append(SqlInfo::FlightSqlServerSubstrait, false);
    facts.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    facts.append(SqlInfo::FlightSqlServerCancel, false);
    facts.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    facts.append(SqlInfo::SqlDdlCatalog, false);
    facts.append(SqlInfo::SqlDdlSchema, false);
    facts.append(SqlInfo::SqlDdlTable, false);
    facts.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    facts.append(SqlInfo::SqlAllTablesAreSelectable, true);
    query.into_builder(&facts.build()?).build()
}

/// The types of columns and what SQL calls them.
const TYPES: [(&str, XdbcDataType, Option<bool>); 6] = [
    ("VARCHAR", XdbcDataType::XdbcVarchar, None),
    ("DOUBLE", XdbcDataType::XdbcDouble, Some(false)),
    ("BIGINT", XdbcDataType::XdbcBigint, Some(false)),
    ("BIGINT UNSIGNED", XdbcDataType::XdbcBigint, Some(true)),
    ("BOOLEAN", XdbcDataType::XdbcBit, None),
    ("TIMESTAMP", XdbcDataType::XdbcTimestamp, None),
];

/// The type that is asked for, or all.
pub(super) fn types(query: CommandGetXdbcTypeInfo) -> Result<RecordBatch, FlightError> {
    let mut types = XdbcTypeInfoDataBuilder::new();
    for (name, data_type, unsigned) in TYPES {
        let quote = matches!(data_type, XdbcDataType::XdbcVarchar | XdbcDataType::XdbcTimestamp);
        let quote = quote.then(|| "'".to_owned());
        types.append(XdbcTypeInfo {
            type_name: name.to_owned(),
            data_type,
            column_size: None,
            literal_prefix: quote.clone(),
            literal_suffix: quote,
            create_params: None,
            nullable: Nullable::NullabilityNullable,
            case_sensitive: matches!(data_type, XdbcDataType::XdbcVarchar),
            searchable: Searchable::Full,
            unsigned_attribute: unsigned,
            fixed_prec_scale: false,
            auto_increment: Some(false),
            local_type_name: Some(name.to_owned()),
            minimum_scale: None,
            maximum_scale: None,
            sql_data_type: data_type,
            datetime_subcode: None,
            num_prec_radix: unsigned.map(|_| 2),
            interval_precision: None,
        });
    }
    query.into_builder(&types.build()?).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_asked_for_is_answered() {
        let facts = |info: Vec<u32>| facts(CommandGetSqlInfo { info }).unwrap().num_rows();
        assert_eq!(facts(vec![SqlInfo::FlightSqlServerName as u32, 9_999]), 1);
        assert_eq!(facts(Vec::new()), 14);
        let types = |data_type| types(CommandGetXdbcTypeInfo { data_type }).unwrap().num_rows();
        assert_eq!(types(Some(XdbcDataType::XdbcBigint as i32)), 2);
        assert_eq!(types(None), TYPES.len());
    }
}
