use tidegate::DatabaseErrorKind;

use crate::fixture::{CPU, Fixture, WEATHER, database, named, parameters};

#[tokio::test]
async fn a_star_returns_columns_by_name() {
    let fixture = Fixture::with(CPU).await;
    let batches = fixture.batches("SELECT * FROM cpu", &[]).await.unwrap();
    let names: Vec<_> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["big", "cores", "host", "note", "on", "rack", "time", "usage"]);
    assert_eq!(
        fixture.rows("SELECT * FROM cpu ORDER BY time").await,
        "18446744073709551615,4,a,x,true,r1,2024-01-01T00:00:00,0.5\n,8,b,,,,2024-01-01T00:01:00,1.5\n,,a,,,r1,2024-01-01T00:11:00,2.5"
    );
}

#[tokio::test]
async fn the_schema_is_told_as_by_influxdb() {
    let fixture = Fixture::with(CPU).await;
    let columns = "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'cpu'";
    assert_eq!(
        fixture.rows(columns).await,
        "big,UInt64,YES\ncores,Int64,YES\nhost,Dictionary(Int32, Utf8),YES\nnote,Utf8,YES\non,Boolean,YES\n\
         rack,Dictionary(Int32, Utf8),YES\ntime,Timestamp(ns),NO\nusage,Float64,YES"
    );
    assert!(fixture.rows("SHOW TABLES").await.starts_with("public,iox,cpu,BASE TABLE\n"));
    assert_eq!(
        fixture.rows("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'").await,
        "cpu"
    );
    assert_eq!(fixture.rows("DESCRIBE cpu").await.lines().count(), 8);
}

#[tokio::test]
async fn what_plugins_ask_works() {
    let fixture = Fixture::with(CPU).await;
    for (sql, rows) in [
        ("SELECT usage FROM 'cpu' LIMIT 1", "0.5"),
        ("SELECT count(*) FROM cpu WHERE time >= '2024-01-01T00:01:00Z'", "2"),
        ("SELECT count(*) FROM cpu WHERE time >= '2024-01-01 00:01:00+00:00'", "2"),
        (
            "SELECT DATE_BIN(INTERVAL '10 minutes', time, '1970-01-01T00:00:00Z') AS _time, \"host\", avg(usage) AS usage, \
             count(*) AS record_count FROM cpu GROUP BY _time, \"host\" ORDER BY _time, \"host\"",
            "2024-01-01T00:00:00,a,0.5,1\n2024-01-01T00:00:00,b,1.5,1\n2024-01-01T00:10:00,a,2.5,1",
        ),
        (
            "SELECT sum(cores), min(time), max(time), median(usage), var(usage) FROM cpu",
            "12,2024-01-01T00:00:00,2024-01-01T00:11:00,1.5,1.0",
        ),
        ("SELECT approx_median(usage), stddev(usage) FROM cpu", "1.5,1.0"),
        ("SELECT first_value(usage ORDER BY time), last_value(host ORDER BY time) FROM cpu", "0.5,a"),
        ("SELECT count(*) FROM cpu WHERE time > now() - INTERVAL '5 minutes'", "0"),
        ("SELECT usage FROM cpu WHERE time = to_timestamp_nanos(1704067260000000000)", "1.5"),
        ("SELECT usage FROM cpu WHERE time >= to_timestamp_nanos(arrow_cast('1704067860000000000', 'Int64'))", "2.5"),
        ("SELECT arrow_typeof(date_part('minute', time)) FROM cpu LIMIT 1", "Int32"),
        ("SELECT host, max(usage) FROM cpu GROUP BY host ORDER BY host DESC LIMIT 1", "b,1.5"),
        ("WITH hot AS (SELECT * FROM cpu WHERE usage > 1) SELECT count(*) FROM hot", "2"),
        ("SELECT count(DISTINCT host) FROM cpu WHERE rack IS NULL OR rack ~ '^r'", "2"),
        ("EXPLAIN ANALYZE SELECT 1 WHERE false", ""),
    ] {
        let answer = fixture.rows(sql).await;
        if sql.starts_with("EXPLAIN") {
            assert!(!answer.starts_with('!'), "{answer}");
        } else {
            assert_eq!(answer, rows, "{sql}");
        }
    }
    let batches = fixture.batches("SELECT count(*) FROM cpu", &[]).await.unwrap();
    assert_eq!(batches[0].schema().field(0).name(), "count(*)");
}

#[tokio::test]
async fn names_keep_their_case_and_may_be_odd() {
    let fixture = Fixture::with("Odd\\ \"table Value=1i,value=2i 1").await;
    assert_eq!(fixture.rows("SELECT Value, value FROM \"Odd \"\"table\"").await, "1,2");
    assert!(fixture.rows("SELECT VALUE FROM \"Odd \"\"table\"").await.contains("No field named"));
}

#[tokio::test]
async fn real_observations_add_up() {
    let fixture = Fixture::with(WEATHER).await;
    assert_eq!(fixture.rows("SELECT count(*), count(DISTINCT kind) FROM weather").await, "366,5");
    let wettest = "SELECT time, precipitation_mm FROM weather ORDER BY precipitation_mm DESC LIMIT 1";
    assert_eq!(fixture.rows(wettest).await, "2012-11-19T00:00:00,54.1");
}

#[tokio::test]
async fn errors_read_as_influxdb_s_do() {
    let fixture = Fixture::with(CPU).await;
    assert_eq!(
        fixture.rows("SELECT foo FROM not_here").await,
        "! error while planning query: Error during planning: table 'public.iox.not_here' not found"
    );
    let error = fixture.database.sql(&named("nowhere"), "SELECT 1", &parameters(&[])).await.err().unwrap();
    assert_eq!((error.kind, error.to_string().as_str()), (DatabaseErrorKind::NotFound, "database not found: nowhere"));
    assert!(fixture.rows("SELECT 1 +").await.starts_with("! error while planning query: SQL error: ParserError"));
    assert!(fixture.rows("SELECT 1; SELECT 2").await.ends_with("a query is one statement"));
    assert!(fixture.rows("").await.contains("No SQL statements"));
}

#[tokio::test]
async fn only_reading_is_possible() {
    let fixture = Fixture::with(CPU).await;
    for sql in [
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "CREATE SCHEMA s",
        "CREATE DATABASE d",
        "CREATE FUNCTION f() RETURNS INT RETURN 1",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "DROP TABLE cpu",
        "INSERT INTO cpu (usage) VALUES (1)",
        "UPDATE cpu SET usage = 1",
        "DELETE FROM cpu",
        "TRUNCATE TABLE cpu",
        "COPY cpu TO '/tmp/tidegate-copy.csv' STORED AS CSV",
        "COPY (SELECT 1) TO '/tmp/tidegate-copy.csv' STORED AS CSV",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN TRANSACTION",
        "EXPLAIN DROP TABLE cpu",
        "EXPLAIN ANALYZE INSERT INTO cpu (usage) VALUES (1)",
        "EXPLAIN ANALYZE COPY cpu TO '/tmp/tidegate-copy.csv' STORED AS CSV",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'file:///etc/passwd'",
        "SELECT * FROM read_csv('/etc/passwd')",
    ] {
        let answer = fixture.rows(sql).await;
        assert!(answer.starts_with("! error while planning query: "), "{sql}: {answer}");
    }
    assert_eq!(fixture.rows("SELECT count(*) FROM cpu").await, "3");
}

#[tokio::test]
async fn a_query_has_only_so_much_memory() {
    let settings = crate::Settings { query_memory_bytes: 1 << 20, ..crate::Settings::default() };
    let database = crate::EmbeddedDatabase::new(settings).unwrap();
    database.create_database(&self::database());
    let sql = "SELECT array_agg(value) FROM generate_series(1, 1000000)";
    let stream = database.sql(&self::database(), sql, &parameters(&[])).await.unwrap();
    let error = datafusion::physical_plan::common::collect(stream).await.unwrap_err();
    let error = super::executing(&error);
    assert_eq!(error.kind, DatabaseErrorKind::Invalid, "asking again would not help");
    assert!(error.message.contains("holds more in memory than it may"), "{error}");
}

#[tokio::test]
async fn a_statement_that_nests_too_deep_is_refused_and_the_process_lives() {
    let fixture = Fixture::with(CPU).await;
    let chain = |operator: &str, times| format!("SELECT {}1", format!("1{operator}").repeat(times));
    assert_eq!(fixture.rows(&chain("+", 399)).await, "400");
    let sum = format!("SELECT usage{} FROM cpu LIMIT 1", " + usage".repeat(399));
    assert_eq!(fixture.rows(&sum).await, "200.0");
    assert!(fixture.rows(&chain("+", 100_000)).await.contains("the statement is too complex"));
    assert!(fixture.rows(&format!("SELECT {}1{}", "(".repeat(900), ")".repeat(900))).await.starts_with('!'));
    let or = (0..190).map(|n| format!("usage = {n}")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(fixture.rows(&format!("SELECT count(*) FROM cpu WHERE {or}")).await, "0");
    let join = vec!["cpu"; 5_000].join(",");
    assert!(fixture.rows(&format!("SELECT 1 FROM {join}")).await.ends_with("tables=`5000` allowed=`200`"));
    let union = vec!["SELECT 1"; 190].join(" UNION ALL ");
    assert_eq!(fixture.rows(&format!("SELECT count(*) FROM ({union})")).await, "190");
    let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    assert_eq!(fixture.rows(&format!("SELECT count(*) FROM cpu WHERE cores IN ({list})")).await, "2");
}

#[tokio::test]
async fn times_that_a_filter_excludes_are_not_read() {
    let fixture = Fixture::new();
    let lines: String = (0..40_000).map(|n| format!("t v={n}i {n}\n")).collect();
    fixture.write(&lines).await.unwrap();
    let sql = "SELECT sum(v) FROM t WHERE time >= to_timestamp_nanos(39998) AND v > 0";
    assert_eq!(fixture.rows(sql).await, (39_998 + 39_999).to_string());
    let plan = fixture.rows(&format!("EXPLAIN {sql}")).await;
    assert!(plan.contains("partition_sizes=[1]"), "{plan}");
}
