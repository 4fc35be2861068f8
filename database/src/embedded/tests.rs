use std::collections::BTreeMap;

use futures::StreamExt;
use tidegate::{
    ColumnKind, ColumnValues, CursorChange, Database, DatabaseErrorKind, Log, LogBatch, Origin, Position, ReadLimits,
    TableFilter, TenantId, TriggerId, TriggerName,
};

use super::*;
use crate::fixture::{Fixture, WEATHER, commit, database, named, options};

const ALL: ReadLimits = ReadLimits { rows: usize::MAX, bytes: usize::MAX };

async fn logged(fixture: &Fixture, databases: &[&str]) -> LogBatch {
    let filter = databases.iter().fold(TableFilter::default(), |filter, name| filter.and_all(named(name)));
    fixture.database.log().read(Position::default(), &filter, ALL).await.unwrap()
}

#[tokio::test]
async fn what_is_written_can_be_asked_for_and_is_in_the_log() {
    let fixture = Fixture::with(WEATHER).await;
    assert_eq!(fixture.rows("SELECT count(*) FROM weather").await, "366");
    let log = logged(&fixture, &["sensors"]).await;
    assert_eq!((log.rows.len(), log.rows[0].batch.rows(), log.next), (1, 366, Position::start_of(1)));
}

#[tokio::test]
async fn a_write_to_several_tables_is_one_record() {
    let fixture = Fixture::with("a v=1 1\nb v=1 1\na v=2 2").await;
    let log = logged(&fixture, &["sensors"]).await;
    let tables: Vec<_> = log.rows.iter().map(|rows| (rows.batch.table().as_str(), rows.batch.rows())).collect();
    assert_eq!((tables, log.next), (vec![("a", 2), ("b", 1)], Position::start_of(1)));
}

#[tokio::test]
async fn the_log_has_only_columns_that_a_row_has() {
    let fixture = Fixture::with("t,a=x,b=y f=1,s=\"s\" 1").await;
    fixture.write("t,b=z f=2 2\nt,c=w f=3 3\nt f=\"bad\" 3").await.unwrap_err();
    fixture.write("t,b=z f=2 2\nt,c=w f=3").await.unwrap();
    let log = logged(&fixture, &["sensors"]).await;
    let batch = &log.rows[1].batch;
    let columns: Vec<_> = batch.columns().iter().map(|column| (column.kind, &*column.column.name)).collect();
    let (tag, field, time) = (ColumnKind::Tag, ColumnKind::Field, ColumnKind::Time);
    assert_eq!(columns, [(tag, "b"), (tag, "c"), (field, "f"), (time, "time")]);
    let b = batch.column("b").unwrap();
    assert!(matches!(b.values, ColumnValues::Coded { .. }));
    assert_eq!((b.values.text(0), b.validity.get(0), b.validity.get(1)), (Some("z"), true, false));
    assert_eq!(batch.column("time").unwrap().values, ColumnValues::Time(vec![2, 1_000]));
}

#[tokio::test]
async fn a_commit_is_all_or_nothing_over_databases() {
    let fixture = Fixture::with("t v=1i 1").await;
    let error = fixture.commit(&[("other", "new v=1i 1"), ("sensors", "t v=2i 2\nt v=2.5 3")]).await.unwrap_err();
    assert_eq!(error.kind, DatabaseErrorKind::Invalid);
    assert_eq!(
        error.to_string(),
        "line protocol parse failed: column type mismatch for column v: existing: int64, new: float64 \
         database=`sensors` line=`2` rejected=`1`"
    );
    assert!(!fixture.database.has_database(&named("other")));
    assert_eq!(fixture.rows("SELECT count(*) FROM t").await, "1");

    let position = fixture.commit(&[("other", "new v=1i"), ("sensors", "t v=2i 2")]).await.unwrap();

    assert_eq!(position, Position::start_of(2));
    let log = logged(&fixture, &["sensors", "other"]).await;
    assert_eq!((log.rows.len(), log.next), (3, position));
    assert_eq!(fixture.rows("SELECT count(*) FROM t").await, "2");
}

#[tokio::test]
async fn a_database_that_a_commit_names_comes_into_being() {
    let fixture = Fixture::new();
    assert_eq!(fixture.commit(&[("sensors", "")]).await.unwrap(), Position::default());
    assert!(fixture.database.has_database(&database()));
}

#[tokio::test]
async fn a_commit_says_who_wrote_and_moves_cursors() {
    let fixture = Fixture::new();
    let trigger = TriggerId { database: database(), name: TriggerName::new("hourly").unwrap() };
    let origin = Some(Origin { trigger: trigger.clone(), depth: 2 });
    let moved = BTreeMap::from([(trigger.clone(), CursorChange::Advance(Position { record: 3, row: 1 }))]);
    let only_cursors = Commit { cursors: moved.clone(), ..commit(&[]) };
    assert_eq!(fixture.database.commit(only_cursors).await.unwrap(), Position::default());
    assert_eq!(fixture.database.log().cursor(&trigger).await.unwrap(), Some(Position { record: 3, row: 1 }));

    let both = Commit { origin: origin.clone(), cursors: moved, ..commit(&[("sensors", "t v=1i 1")]) };
    assert_eq!(fixture.database.commit(both).await.unwrap(), Position::start_of(1));
    assert_eq!(logged(&fixture, &["sensors"]).await.rows[0].origin, origin);
}

#[tokio::test]
async fn a_commit_that_is_refused_moves_no_cursor() {
    let fixture = Fixture::new();
    let trigger = TriggerId { database: database(), name: TriggerName::new("hourly").unwrap() };
    let cursors = BTreeMap::from([(trigger.clone(), CursorChange::Advance(Position::start_of(3)))]);
    fixture.database.commit(Commit { cursors, ..commit(&[("sensors", "nonsense")]) }).await.unwrap_err();
    assert_eq!(fixture.database.log().cursor(&trigger).await.unwrap(), None);
}

#[tokio::test]
async fn databases_belong_to_tenants() {
    let database = Fixture::new().database;
    let theirs = DatabaseId { tenant: TenantId::new("other").unwrap(), name: named("sensors").name };
    assert!(database.create_database(&named("sensors")));
    assert!(!database.create_database(&named("sensors")));
    assert!(database.create_database(&named("a")));
    assert!(database.create_database(&theirs));
    database.write(&theirs, "t v=1i 1", options(Partial::Reject)).await.unwrap();

    assert_eq!(database.databases(&TenantId::default_tenant()), [named("a").name, named("sensors").name]);
    assert_eq!(database.tables(&named("sensors")).unwrap(), []);
    assert_eq!(database.tables(&theirs).unwrap(), [TableName::new("t").unwrap()]);

    database.delete_database(&theirs).unwrap();
    assert!(!database.has_database(&theirs) && database.has_database(&named("sensors")));
    let error = database.delete_database(&theirs).unwrap_err();
    assert_eq!((error.kind, error.to_string().as_str()), (DatabaseErrorKind::NotFound, "database not found: sensors"));
    assert_eq!(database.tables(&theirs).unwrap_err().kind, DatabaseErrorKind::NotFound);
}

#[tokio::test]
async fn a_table_that_is_written_again_after_its_database_was_deleted_is_new() {
    let fixture = Fixture::with("t v=1i 1").await;
    fixture.database.delete_database(&database()).unwrap();
    fixture.write("t v=\"text\" 1").await.unwrap();
    assert_eq!(fixture.rows("SELECT v FROM t").await, "text");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_that_name_a_column_at_once_agree_on_what_it_is() {
    let fixture = std::sync::Arc::new(Fixture::new());
    let write = |n: usize| {
        let fixture = std::sync::Arc::clone(&fixture);
        let value = if n.is_multiple_of(2) { "1i" } else { "1.5" };
        tokio::spawn(async move { fixture.write(&format!("t,n={n} v{}={value} 1", n / 4)).await.is_ok() })
    };
    let mut written = 0;
    for writer in (0..64).map(write).collect::<Vec<_>>() {
        written += usize::from(writer.await.unwrap());
    }
    assert_eq!(fixture.rows("SELECT count(*) FROM t").await, written.to_string());
    assert_eq!(written, 32);
}

#[tokio::test]
async fn a_query_answers_plugins_by_column() {
    let fixture = Fixture::with("t,host=a v=1i 1\nt,host=b v=2i 2").await;
    let sql = "SELECT host, v FROM t ORDER BY time";
    let mut result = fixture.database.query(&database(), sql, &Parameters::new()).await.unwrap();
    let types: Vec<_> = result.columns.iter().map(|column| column.database_type.as_str()).collect();
    assert_eq!(types, ["Dictionary(Int32, Utf8)", "Int64"]);
    let batch = result.batches.next().await.unwrap().unwrap();
    assert_eq!((batch[0].values.text(1), &batch[1].values), (Some("b"), &ColumnValues::I64(vec![1, 2])));
    assert!(result.batches.next().await.is_none());
}

#[tokio::test]
async fn rows_take_only_so_much_memory_and_give_it_back() {
    let settings = Settings { stored_bytes: 200_000, ..Settings::default() };
    let embedded = EmbeddedDatabase::new(settings).unwrap();
    let lines = |table: &str| (0..500).map(|n| format!("{table},n={n} v={n},text=\"{n}\" {n}\n")).collect::<String>();
    let write = async |table: &str| embedded.write(&database(), &lines(table), options(Partial::Reject)).await;
    let mut tables = (0..100).map(|n| format!("t{n}"));
    let refused = loop {
        if let Err(error) = write(&tables.next().expect("a hundred tables fit into nothing")).await {
            break error;
        }
    };
    let WriteError::Database(error) = refused else { panic!("the lines are good") };
    assert_eq!(error.kind, DatabaseErrorKind::Unavailable);
    assert!(error.message.contains("see --max-stored-bytes. stored=`"), "{error}");

    assert!(embedded.delete_table(&database(), &TableName::new("t0").unwrap()).unwrap());
    write("t0").await.unwrap();
    embedded.delete_database(&database()).unwrap();
    write("t0").await.unwrap();
    write("t0").await.unwrap();
}
