use tidegate::Value;

use crate::fixture::{CPU, Fixture};

#[tokio::test]
async fn parameters_stand_for_values_and_tables() {
    let fixture =
        Fixture::with("my\\ \"odd\"\\ table,host=a value=91i 1\nmy\\ \"odd\"\\ table,host=b value=90i 2").await;
    let table = ("table", Value::Text("my \"odd\" table".into()));
    let sql = "SELECT host FROM $table WHERE value > $threshold";
    assert_eq!(fixture.rows_with(sql, &[table.clone(), ("threshold", Value::I64(90))]).await, "a");
    let sql = "SELECT t.value FROM iox.$table AS t WHERE host IN ($a, $b) AND host <> $a LIMIT $n";
    let values = [table.clone(), ("a", Value::Text("a".into())), ("b", Value::Text("b".into())), ("n", Value::U64(5))];
    assert_eq!(fixture.rows_with(sql, &values).await, "90");
    let sql = "SELECT count(*) FROM $table x JOIN (SELECT * FROM $table) y ON x.host = y.host";
    assert_eq!(fixture.rows_with(sql, &[table]).await, "2");
    let injected = [("table", Value::Text("cpu; DROP TABLE cpu".into()))];
    assert!(
        fixture
            .rows_with("SELECT * FROM $table", &injected)
            .await
            .ends_with("table 'public.iox.cpu; DROP TABLE cpu' not found")
    );
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
    assert_eq!(
        fixture.rows_with(start, &[("start", Value::Time(tidegate::Timestamp(1_704_067_860_000_000_000)))]).await,
        "1"
    );
    let cast = "SELECT count(*) FROM cpu WHERE time >= to_timestamp_nanos(arrow_cast($start, 'Int64'))";
    assert_eq!(fixture.rows_with(cast, &[("start", text("1704067260000000000"))]).await, "2");
    let bin = "SELECT DATE_BIN($every::interval, time, $origin) AS t, count(*) FROM cpu GROUP BY t ORDER BY t";
    let answer =
        fixture.rows_with(bin, &[("every", text("10 minutes")), ("origin", text("1970-01-01T00:00:00Z"))]).await;
    assert_eq!(answer, "2024-01-01T00:00:00,2\n2024-01-01T00:10:00,1");
    let ago = "SELECT count(*) FROM cpu WHERE time > now() - INTERVAL $ago AND usage BETWEEN $low AND $high - $low";
    assert_eq!(
        fixture.rows_with(ago, &[("ago", text("100 years")), ("low", Value::F64(-1.0)), ("high", Value::I64(1))]).await,
        "2"
    );
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
async fn question_marks_are_parameters_by_number() {
    let fixture = Fixture::with(CPU).await;
    let two = || vec![("1", Value::Text("b".into())), ("2", Value::I64(8))];
    for sql in [
        "SELECT usage FROM cpu WHERE host = ? AND cores = ?",
        "SELECT usage FROM cpu WHERE host = ?1 AND cores = ?2",
        "SELECT usage FROM cpu WHERE cores = $2 AND host = $1",
    ] {
        assert_eq!(fixture.rows_with(sql, &two()).await, "1.5", "{sql}");
    }
    let eleven: Vec<_> = (1..=11).map(|number| (number.to_string(), Value::I64(number))).collect();
    let eleven: Vec<_> = eleven.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    let sql = format!("SELECT {}?", "?, ".repeat(10));
    assert_eq!(fixture.rows_with(&sql, &eleven).await, "1,2,3,4,5,6,7,8,9,10,11");
    let missing = fixture.rows_with("SELECT ?, '?', \"host?\" FROM cpu", &[]).await;
    assert!(missing.ends_with("a parameter has no value. parameter=`1`"), "{missing}");
}
