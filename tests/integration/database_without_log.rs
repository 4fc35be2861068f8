//! A database that has no log: the runtime's own serves write triggers.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use testkit::Guest;
use tidegate::*;

/// All that the smallest embedder has: somewhere to put lines.
#[derive(Debug, Default)]
struct Lines(Mutex<Vec<String>>);

#[async_trait]
impl Database for Lines {
    async fn query(&self, _: &DatabaseId, _: &str, _: &Parameters) -> Result<QueryResult, DatabaseError> {
        Err(DatabaseError::new(DatabaseErrorKind::Invalid, "no SQL here"))
    }

    async fn commit(&self, commit: Commit) -> Result<Position, DatabaseError> {
        self.0.lock().unwrap().extend(commit.lines.into_values());
        Ok(Position::default())
    }
}

fn rows(usage: f64) -> Arc<TableBatch> {
    let column = |kind, name, values| TableColumn { kind, column: Column::full(name, values) };
    let host = ColumnValues::Coded { codes: vec![0], dictionary: ["a"].into_iter().collect() };
    let columns = vec![
        column(ColumnKind::Tag, "host", host),
        column(ColumnKind::Field, "usage", ColumnValues::F64(vec![usage])),
        column(ColumnKind::Time, "time", ColumnValues::Time(vec![7])),
    ];
    Arc::new(TableBatch::new(TableName::new("cpu").unwrap(), columns).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_an_embedder_hands_in_reach_its_triggers() {
    let lines = Arc::new(Lines::default());
    let runtime = Runtime::builder(Arc::clone(&lines) as Arc<dyn Database>).build().unwrap();
    let mut notices = runtime.notices();
    let plugin = runtime.load("alert", Guest::Component("threshold_alert.wasm").source()).await.unwrap();
    let database = DatabaseId::from(DatabaseName::new("sensors").unwrap());
    let trigger = Trigger::new(TriggerName::new("alert").unwrap(), database.clone(), "table:cpu".parse().unwrap())
        .with_argument("field", "usage")
        .with_argument("threshold", "90");
    runtime.create_trigger(trigger, &plugin).await.unwrap();

    runtime.rows_written(&database, [rows(95.0)]).unwrap();

    while !matches!(notices.recv().await.unwrap(), Notice::Run(record) if record.error.is_none()) {}
    assert_eq!(*lines.0.lock().unwrap(), ["alerts,host=a field=\"usage\",value=95.0,state=\"above\" 7\n"]);
    runtime.shutdown(std::time::Duration::from_secs(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_a_log_is_not_handed_rows() {
    let harness = testkit::Start::evil("remember").start().await;
    let database = DatabaseId::from(DatabaseName::new("db").unwrap());
    let error = harness.runtime.rows_written(&database, [rows(1.0)]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
}
