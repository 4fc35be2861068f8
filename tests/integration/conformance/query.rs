//! `influxdb3_local.query`.

use super::evaluator::Evaluator;

const ROWS: &str = "\
cpu,host=a,rack=r1 usage=0.5,cores=4i,big=18446744073709551615u,on=t,note=\"x\" 1704067200000000000
cpu,host=b usage=1.5,cores=8i 1704067260000000000
cpu,host=a,rack=r1 usage=2.5 1704067860000000000";

async fn with_rows() -> Evaluator {
    let evaluator = Evaluator::start().await;
    evaluator.0.write(ROWS).await;
    evaluator
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sql_of_published_plugins_works() {
    let evaluator = with_rows().await;
    for (sql, rows) in [
        ("SELECT usage FROM 'cpu' ORDER BY time LIMIT 1", "[{'usage': 0.5}]"),
        ("SELECT \"usage\" FROM \"cpu\" WHERE time >= '2024-01-01T00:11:00Z'", "[{'usage': 2.5}]"),
        ("SELECT usage FROM cpu WHERE time >= '2024-01-01 00:11:00+00:00'", "[{'usage': 2.5}]"),
        (
            "SELECT DATE_BIN(INTERVAL '10 minutes', time, '1970-01-01T00:00:00Z') AS _time, host, avg(usage) AS usage, count(*) AS record_count \
             FROM cpu WHERE time < '2024-01-01T00:10:00Z' GROUP BY _time, host ORDER BY host",
            "[{'_time': 1704067200000000000, 'host': 'a', 'usage': 0.5, 'record_count': 1}, \
             {'_time': 1704067200000000000, 'host': 'b', 'usage': 1.5, 'record_count': 1}]",
        ),
        ("SELECT count(*) FROM cpu", "[{'count(*)': 3}]"),
        ("SELECT MIN(time) AS a, MAX(time) AS b FROM cpu", "[{'a': 1704067200000000000, 'b': 1704067860000000000}]"),
        (
            "SELECT median(usage) AS m, var(usage) AS v, stddev(usage) AS s, approx_median(usage) AS a FROM cpu",
            "[{'m': 1.5, 'v': 1.0, 's': 1.0, 'a': 1.5}]",
        ),
        (
            "SELECT first_value(usage ORDER BY time) AS f, last_value(host ORDER BY time) AS l FROM cpu",
            "[{'f': 0.5, 'l': 'a'}]",
        ),
        ("SELECT usage FROM cpu WHERE time > now() - INTERVAL '5 minutes'", "[]"),
        ("SELECT usage FROM cpu WHERE host IN ('b')", "[{'usage': 1.5}]"),
        ("SELECT rack FROM cpu WHERE rack IS NULL", "[{'rack': None}]"),
        (
            "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'iox'",
            "[{'table_name': 'cpu', 'table_type': 'BASE TABLE'}]",
        ),
        (
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'cpu' ORDER BY column_name",
            "[{'column_name': 'big', 'data_type': 'UInt64'}, {'column_name': 'cores', 'data_type': 'Int64'}, \
             {'column_name': 'host', 'data_type': 'Dictionary(Int32, Utf8)'}, {'column_name': 'note', 'data_type': 'Utf8'}, \
             {'column_name': 'on', 'data_type': 'Boolean'}, {'column_name': 'rack', 'data_type': 'Dictionary(Int32, Utf8)'}, \
             {'column_name': 'time', 'data_type': 'Timestamp(ns)'}, {'column_name': 'usage', 'data_type': 'Float64'}]",
        ),
    ] {
        assert_eq!(evaluator.of(&format!("local.query({sql:?})")).await, rows, "{sql}");
    }
    let tables = evaluator
        .of("[row for row in local.query('SHOW TABLES') if row['table_type'] == 'BASE TABLE'][0]['table_name']")
        .await;
    assert_eq!(tables, "cpu");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_texts_as_before_or_any_scalar_or_a_table() {
    let table: &[(&str, &str)] = &[
        ("local.query('SELECT usage FROM cpu WHERE host = $h', {'h': 'b'})", "[{'usage': 1.5}]"),
        (
            "local.query('SELECT usage FROM cpu WHERE host IN ($a, $b) AND time < $t', {'a': 'b', 'b': 'c', 't': '2024-01-01T00:02:00Z'})",
            "[{'usage': 1.5}]",
        ),
        (
            "local.query(\"SELECT usage FROM cpu WHERE time >= to_timestamp_nanos(arrow_cast($start_ns, 'Int64'))\", {'start_ns': '1704067860000000000'})",
            "[{'usage': 2.5}]",
        ),
        (
            "local.query('SELECT usage FROM $table WHERE usage > $threshold AND cores >= $cores', {'table': 'cpu', 'threshold': 0.9, 'cores': 8})",
            "[{'usage': 1.5}]",
        ),
        (
            "local.query('SELECT usage FROM cpu WHERE \"on\" = $on AND $nothing IS NULL', {'on': True, 'nothing': None})",
            "[{'usage': 0.5}]",
        ),
        (
            "local.query('SELECT usage FROM cpu WHERE time = $at', {'at': datetime(2024, 1, 1, 0, 1)})",
            "[{'usage': 1.5}]",
        ),
        ("local.query('SELECT count(*) AS n FROM cpu WHERE host = $h', {'h': \"' OR true --\"})", "[{'n': 0}]"),
    ];
    with_rows().await.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_arrow_type_becomes_a_python_value() {
    let evaluator = with_rows().await;
    for (expression, value) in [
        ("arrow_cast(1, 'Int8')", "1"),
        ("arrow_cast(1, 'UInt16')", "1"),
        ("arrow_cast(1.5, 'Float32')", "1.5"),
        ("arrow_cast(1.5, 'Float16')", "1.5"),
        ("arrow_cast('x', 'LargeUtf8')", "'x'"),
        ("arrow_cast('x', 'Utf8View')", "'x'"),
        ("arrow_cast('x', 'Dictionary(Int8, Utf8)')", "'x'"),
        ("arrow_cast(7, 'Dictionary(Int32, Int64)')", "7"),
        ("arrow_cast(2, 'Timestamp(s)')", "2000000000"),
        ("arrow_cast(2, 'Timestamp(ms)')", "2000000"),
        ("arrow_cast(2, 'Timestamp(µs)')", "2000"),
        ("to_timestamp('1970-01-01T00:00:01Z')", "1000000000"),
        ("DATE '1970-01-02'", "86400000000000"),
        ("TIME '00:00:01'", "1000000000"),
        ("arrow_cast(3, 'Duration(ms)')", "3000000"),
        ("date_part('minute', to_timestamp('2024-01-01T00:05:00Z'))", "5"),
        ("arrow_cast(1.25, 'Decimal128(5, 2)')", "'1.25'"),
        ("make_array(1, 2, NULL)", "[1, 2, None]"),
        ("make_array(make_array('a'), NULL)", "[['a'], None]"),
        ("named_struct('a', 1, 'b', 'x')", "{'a': 1, 'b': 'x'}"),
        ("arrow_cast(NULL, 'List(Int64)')", "None"),
        ("NULL", "None"),
        ("arrow_cast('nan', 'Float64')", "nan"),
        ("INTERVAL '1 day'", "'1 days'"),
        ("arrow_cast('ab', 'Binary')", "'6162'"),
    ] {
        let answer =
            evaluator.of(&format!("repr(local.query({:?})[0]['v'])", format!("SELECT {expression} AS v"))).await;
        assert_eq!(answer, value, "{expression}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_query_errors_in_the_same_words() {
    let evaluator = with_rows().await;
    for (call, begins) in [
        (
            "local.query('SELECT 1', database='bad db')",
            "QueryError: invalid database name provided: database name 'bad db' contains invalid character, character number 3 is not allowed",
        ),
        (
            "local.query('SELECT 1', database='nowhere')",
            "QueryError: error: database not found: nowhere executing query on nowhere: SELECT 1",
        ),
        (
            "local.query('SELECT foo FROM not_here')",
            "QueryError: error: error while planning query: Error during planning: table 'public.iox.not_here' not found executing query on db: SELECT foo FROM not_here",
        ),
        ("local.query('DROP TABLE cpu')", "QueryError: error: error while planning query: "),
        ("local.query(\"SELECT arrow_cast('x', 'Int64') FROM cpu\")", "QueryError: error: "),
        (
            "try: local.query('nonsense')\nexcept QueryError as error: caught = type(error).__name__\ncaught",
            "QueryError",
        ),
    ] {
        let answer = evaluator.of(call).await;
        assert!(answer.starts_with(begins), "{call}: {answer}");
    }
    let late = evaluator.of("local.query('SELECT 1 / (cores - 8) FROM cpu')").await;
    assert!(
        late.contains("error: ") && late.ends_with("executing query on db: SELECT 1 / (cores - 8) FROM cpu"),
        "{late}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_dicts_that_a_plugin_may_change() {
    let table: &[(&str, &str)] = &[
        ("rows = local.query('SELECT usage FROM cpu'); rows[0]['usage'] = 'changed'; rows.pop(); len(rows)", "2"),
        ("local.query('SELECT host FROM cpu WHERE false')", "[]"),
    ];
    with_rows().await.expect(table).await;
}
