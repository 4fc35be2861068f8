//! `query`, through the real ABI.

use testkit::Start;
use tidegate::{DatabaseName, Durability};
use tidegate_database::{Partial, Precision, WriteOptions};

async fn says(code: &str, lines: &str) -> String {
    let code = format!("def process_writes(local, table_batches, args=None):\n    {}", code.replace('\n', "\n    "));
    let mut harness = Start::python("all_tables", &code).start().await;
    let elsewhere = DatabaseName::new("elsewhere").unwrap().into();
    let options = WriteOptions {
        precision: Precision::Nanosecond,
        partial: Partial::Reject,
        time: tidegate::Timestamp(0),
        durability: Durability::Durable,
    };
    harness.database.write(&elsewhere, "other x=7i 1", options).await.unwrap();
    let record = harness.run(lines).await;
    let log = harness.log();
    assert_eq!(record.error, None, "{log}");
    let told: Vec<_> = log.lines().filter(|line| !line.contains("execution")).collect();
    told.join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn results_are_dicts_in_column_order_with_none_for_null() {
    let told = says(
        "local.info(local.query('SELECT host, n, u, f, s, b, time FROM m ORDER BY time'))",
        "m,host=a n=-1i,u=18446744073709551615u,f=0.5,s=\"x\",b=t 1\nm n=2i 2",
    )
    .await;
    assert_eq!(
        told,
        "INFO: [{'host': 'a', 'n': -1, 'u': 18446744073709551615, 'f': 0.5, 's': 'x', 'b': True, 'time': 1}, \
         {'host': None, 'n': 2, 'u': None, 'f': None, 's': None, 'b': None, 'time': 2}]"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_typed_values_or_tables() {
    let told = says(
        "local.info(local.query('SELECT value FROM $table WHERE value > $threshold AND host = $host',\
         {'table': 'my metrics', 'threshold': 90, 'host': \"o'brien\"}))",
        "my\\ metrics,host=o'brien value=91i 1\nmy\\ metrics,host=o'brien value=90i 2",
    )
    .await;
    assert_eq!(told, "INFO: [{'value': 91}]");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_carry_the_cause_the_database_and_the_statement() {
    let told = says(
        "for sql in ['SELECT foo FROM not_here', 'DROP TABLE cpu', 'SELECT 1 +']:\n    try:\n        local.query(sql)\n    \
         except QueryError as error:\n        local.info(type(error).__name__, error)",
        "cpu usage=1i",
    )
    .await;
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(
        lines[0],
        "INFO: QueryError error: error while planning query: Error during planning: table 'public.iox.not_here' not found \
         executing query on db: SELECT foo FROM not_here"
    );
    assert!(lines[1].contains("DDL not supported"), "{}", lines[1]);
    assert!(lines[2].contains("SQL error"), "{}", lines[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_database_of_the_tenant_is_read_by_its_name() {
    let told = says("local.info(local.query('SELECT x FROM other', database='elsewhere'))", "cpu usage=1i").await;
    assert_eq!(told, "INFO: [{'x': 7}]");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_result_comes_in_pieces() {
    let lines: Vec<_> = (0..20_000).map(|row| format!("m n={row}i {row}")).collect();
    let told = says("local.info(sum(row['n'] for row in local.query('SELECT n FROM m')))", &lines.join("\n")).await;
    // The rows arrive in two events: each queries them all.
    assert_eq!(told.lines().next(), Some("INFO: 199990000"));
}
