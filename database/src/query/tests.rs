use tidegate::{DatabaseErrorKind, Value};

use crate::fixture::{Fixture, WEATHER, database, named, parameters};

const CPU: &str = "\
cpu,host=a,rack=r1 usage=0.5,cores=4i,big=18446744073709551615u,on=true,note=\"x\" 1704067200000000000
cpu,host=b usage=1.5,cores=8i 1704067260000000000
cpu,host=a,rack=r1 usage=2.5 1704067860000000000";

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
    assert_eq!(fixture.rows("SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'").await, "cpu");
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
        ("SELECT sum(cores), min(time), max(time), median(usage), var(usage) FROM cpu", "12,2024-01-01T00:00:00,2024-01-01T00:11:00,1.5,1.0"),
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
    assert!(fixture.rows("SELEC 1").await.starts_with("! error while planning query: SQL error: ParserError"));
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
    assert_eq!(super::executing(&error).kind, DatabaseErrorKind::Unavailable);
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
async fn parameters_stand_for_values_and_tables() {
    let fixture = Fixture::with("my\\ \"odd\"\\ table,host=a value=91i 1\nmy\\ \"odd\"\\ table,host=b value=90i 2").await;
    let table = ("table", Value::Text("my \"odd\" table".into()));
    let sql = "SELECT host FROM $table WHERE value > $threshold";
    assert_eq!(fixture.rows_with(sql, &[table.clone(), ("threshold", Value::I64(90))]).await, "a");
    let sql = "SELECT t.value FROM iox.$table AS t WHERE host IN ($a, $b) AND host <> $a LIMIT $n";
    let values = [table.clone(), ("a", Value::Text("a".into())), ("b", Value::Text("b".into())), ("n", Value::U64(5))];
    assert_eq!(fixture.rows_with(sql, &values).await, "90");
    let sql = "SELECT count(*) FROM $table x JOIN (SELECT * FROM $table) y ON x.host = y.host";
    assert_eq!(fixture.rows_with(sql, &[table]).await, "2");
    let injected = [("table", Value::Text("cpu; DROP TABLE cpu".into()))];
    assert!(fixture.rows_with("SELECT * FROM $table", &injected).await.ends_with("table 'public.iox.cpu; DROP TABLE cpu' not found"));
}

#[tokio::test]
async fn parameters_keep_their_types() {
    let fixture = Fixture::with(CPU).await;
    for (value, answer) in [
        (Value::Null, "Null,"),
        (Value::Boolean(true), "Boolean,true"),
        (Value::I64(i64::MIN), "Int64,-9223372036854775808"),
        (Value::U64(u64::MAX), "UInt64,18446744073709551615"),
        (Value::F64(3.0), "Float64,3.0"),
        (Value::F64(-1.5e-300), "Float64,-1.5e-300"),
        (Value::F64(f64::NAN), "Float64,NaN"),
        (Value::F64(f64::NEG_INFINITY), "Float64,-inf"),
        (Value::Text("it's; $b \"$c\"".into()), "Utf8,it's; $b \"$c\""),
        (Value::Time(tidegate::Timestamp(1)), "Timestamp(ns),1970-01-01T00:00:00.000000001"),
        (Value::Time(tidegate::Timestamp(i64::MIN)), "Timestamp(ns),1677-09-21T00:12:43.145224192"),
        (Value::Time(tidegate::Timestamp(i64::MAX)), "Timestamp(ns),2262-04-11T23:47:16.854775807"),
    ] {
        assert_eq!(fixture.rows_with("SELECT arrow_typeof($a), $a", &[("a", value)]).await, answer);
    }
}

#[tokio::test]
async fn parameters_are_coerced_and_cast_like_literals() {
    let fixture = Fixture::with(CPU).await;
    let text = |text: &str| Value::Text(text.to_owned());
    let start = "SELECT count(*) FROM cpu WHERE time >= $start";
    assert_eq!(fixture.rows_with(start, &[("start", text("2024-01-01T00:01:00Z"))]).await, "2");
    assert_eq!(fixture.rows_with(start, &[("start", Value::Time(tidegate::Timestamp(1_704_067_860_000_000_000)))]).await, "1");
    let cast = "SELECT count(*) FROM cpu WHERE time >= to_timestamp_nanos(arrow_cast($start, 'Int64'))";
    assert_eq!(fixture.rows_with(cast, &[("start", text("1704067260000000000"))]).await, "2");
    let bin = "SELECT DATE_BIN($every::interval, time, $origin) AS t, count(*) FROM cpu GROUP BY t ORDER BY t";
    let answer = fixture.rows_with(bin, &[("every", text("10 minutes")), ("origin", text("1970-01-01T00:00:00Z"))]).await;
    assert_eq!(answer, "2024-01-01T00:00:00,2\n2024-01-01T00:10:00,1");
    let ago = "SELECT count(*) FROM cpu WHERE time > now() - INTERVAL $ago AND usage BETWEEN $low AND $high - $low";
    assert_eq!(fixture.rows_with(ago, &[("ago", text("100 years")), ("low", Value::F64(-1.0)), ("high", Value::I64(1))]).await, "2");
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let fixture = Fixture::with(CPU).await;
    let one = || Value::I64(1);
    for (sql, parameters, error) in [
        ("SELECT $a", vec![], "a parameter has no value. parameter=`a`"),
        ("SELECT 1", vec![("a", one())], "a parameter is not in the statement. parameter=`a`"),
        ("SELECT '$a'", vec![("a", one())], "a parameter is not in the statement. parameter=`a`"),
        ("SELECT 1 AS $a", vec![("a", one())], "a parameter stands for a value or a table only. parameter=`a`"),
        ("SELECT c.$a FROM cpu c", vec![("a", one())], "a parameter stands for a value or a table only. parameter=`a`"),
        ("SELECT 1 FROM $a", vec![("a", one())], "a table's name is text. parameter=`a`"),
        ("SELECT 1 \0", vec![], "a statement must not contain NUL"),
    ] {
        let answer = fixture.rows_with(sql, &parameters).await;
        assert_eq!(answer, format!("! error while planning query: Error during planning: {error}"), "{sql}");
    }
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

#[tokio::test]
async fn temporary_speed() {
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap();
    let fixture = Fixture::new();
    let mut lines = String::new();
    for batch in 0..100 {
        lines.clear();
        for n in 0..10_000 {
            use std::fmt::Write;
            let t = batch * 10_000 + n;
            writeln!(lines, "cpu,host=h{},rack=r{} usage={}.5,cores={}i,note=\"n{}\" {}", t % 100, t % 7, t % 31, t % 5, t % 3, t * 1_000_000_000i64).unwrap();
        }
        let start = now();
        fixture.write(&lines).await.unwrap();
        if batch % 33 == 0 { println!("write 10k: {:?}", now() - start); }
    }
    for sql in ["SELECT 1", "SELECT count(*) FROM cpu", "SELECT avg(usage) FROM cpu", "SELECT host, avg(usage), max(cores) FROM cpu GROUP BY host",
        "SELECT DATE_BIN(INTERVAL '1 day', time) t, avg(usage) FROM cpu GROUP BY t", "SELECT * FROM cpu ORDER BY time DESC LIMIT 10",
        "SELECT * FROM cpu WHERE host = 'h1' AND time > '1970-01-12T13:00:00Z'"] {
        for _ in 0..2 {
            let start = now();
            fixture.rows(sql).await;
            println!("{sql}: {:?}", now() - start);
        }
    }
    let start = now();
    fixture.write("cpu,host=h1 usage=1 1").await.unwrap();
    println!("write 1: {:?}", now() - start);
    let start = now();
    fixture.write(&lines).await.unwrap();
    println!("overwrite 10k: {:?}", now() - start);
    println!("{}", std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmRSS") || l.starts_with("VmHWM")).collect::<Vec<_>>().join(" "));
}
