//! `tidegate create table`

use anyhow::Context as _;
use clap::Args;
use reqwest::Method;
use serde::Serialize;
use serde_json::json;

use crate::cli::client::{TABLE, Target};
use crate::cli::output;

/// Creates a table.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  tidegate create table -d sensors --tags host,region --fields usage:float64,state:utf8 cpu")]
pub(crate) struct NewTable {
    #[command(flatten)]
    target: Target,
    /// Columns that tell series from one another: name,name
    #[arg(long, value_delimiter = ',', value_name = "NAME")]
    tags: Vec<String>,
    /// Columns with values: name:type,name:type; a type is int64, uint64, float64, utf8 or bool
    #[arg(short, long, value_delimiter = ',', value_parser = field, value_name = "NAME:TYPE")]
    fields: Vec<Field>,
    /// What to call it
    name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Field {
    name: String,
    r#type: String,
}

const TYPES: [&str; 5] = ["int64", "uint64", "float64", "utf8", "bool"];

// A name may contain a colon; a type does not.
fn field(text: &str) -> Result<Field, String> {
    let (name, kind) = text.rsplit_once(':').ok_or("must be formatted as \"name:type\"")?;
    if !TYPES.contains(&kind) {
        return Err(format!("a type is one of {}. type=`{kind}`", TYPES.join(", ")));
    }
    Ok(Field { name: name.to_owned(), r#type: kind.to_owned() })
}

impl NewTable {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let Self { target, tags, fields, name } = self;
        let body = json!({"db": target.database, "table": name, "tags": tags, "fields": fields});
        let request = target.server.request(Method::POST, TABLE)?.json(&body);
        target.server.send(request).await.context("Failed to create table")?;
        output::line(format!("Table \"{}\".\"{name}\" created successfully", target.database))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_has_a_name_and_a_type() {
        assert_eq!(field("a:b:int64"), Ok(Field { name: "a:b".into(), r#type: "int64".into() }));
        assert!(field("a").unwrap_err().contains("name:type"));
        assert!(field("a:i64").unwrap_err().contains("type=`i64`"));
    }
}
