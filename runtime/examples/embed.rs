//! The smallest embedder: a program with figures of its own lets a plugin watch them.
//!
//! `cargo run -p tidegate --example embed -- threshold_alert.wasm`

use std::sync::Arc;

use tidegate::*;

/// Where this program keeps what plugins write: nowhere, it prints it.
#[derive(Debug)]
struct Printed;

#[async_trait::async_trait]
impl Database for Printed {
    async fn query(&self, _: &DatabaseId, _: &str, _: &Parameters) -> Result<QueryResult, DatabaseError> {
        Err(DatabaseError::new(DatabaseErrorKind::Invalid, "there is no SQL here"))
    }

    async fn commit(&self, commit: Commit) -> Result<Position, DatabaseError> {
        commit.lines.values().for_each(|lines| print!("{lines}"));
        Ok(Position::default())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: embed PLUGIN.wasm")?;

    let runtime = Runtime::builder(Arc::new(Printed)).build()?;
    let plugin = runtime.load("plugin", std::path::Path::new(&file)).await?;
    let sensors = DatabaseId::from(DatabaseName::new("sensors")?);
    let trigger = Trigger::new(TriggerName::new("watch")?, sensors.clone(), "table:cpu".parse()?)
        .with_argument("field", "usage")
        .with_argument("threshold", "90");
    runtime.create_trigger(trigger, &plugin).await?;
    let mut notices = runtime.notices();

    let usage = Column::full("usage", ColumnValues::F64(vec![42.0, 97.5]));
    let time = Column::full("time", ColumnValues::Time(vec![1, 2]));
    let columns = vec![
        TableColumn { kind: ColumnKind::Field, column: usage },
        TableColumn { kind: ColumnKind::Time, column: time },
    ];
    let rows = TableBatch::new(TableName::new("cpu")?, columns)?;
    runtime.rows_written(&sensors, [Arc::new(rows)])?;

    while let Notice::Log(_, entry) = notices.recv().await? {
        println!("{}: {}", entry.level, entry.message);
    }
    runtime.shutdown(std::time::Duration::from_secs(1)).await;
    Ok(())
}
