//! The crate `influxdb3-client`, unmodified.

use futures::TryStreamExt as _;
use influxdb3_client::{Client, ClientConfig, Error, Point, Precision, Value};
use testkit::Server;

const SECOND: i64 = 1_700_000_000;

async fn client(server: &Server) -> Client {
    let config = ClientConfig::builder().host(&server.url).token("token").database("db").build().unwrap();
    Client::new(config).await.unwrap()
}

async fn rows(client: &Client, sql: &str) -> Vec<Vec<Value>> {
    let rows = client.sql(sql).await.unwrap().rows().unwrap();
    rows.into_iter().map(|row| row.values().to_vec()).collect()
}

#[tokio::test]
async fn points_of_every_type_come_back() {
    let server = Server::start();
    let client = client(&server).await;
    let point = Point::new("cpu").tag("host", "a b").field("usage", 0.5_f64).field("cores", 4_i64);
    let point = point.field("on", true).field("note", "say \"hi\"").timestamp_nanos(SECOND * 1_000_000_000);

    client.write(vec![point]).default_tag("site", "north").await.unwrap();

    let text = |text: &str| Value::String(text.to_owned());
    let expected = vec![
        Value::I64(4),
        text("a b"),
        text("say \"hi\""),
        Value::Bool(true),
        text("north"),
        Value::Timestamp(SECOND * 1_000_000_000),
        Value::F64(0.5),
    ];
    assert_eq!(rows(&client, "SELECT * FROM cpu").await, [expected]);
}

#[tokio::test]
async fn both_endpoints_take_every_precision_and_compressed_bodies() {
    let server = Server::start();
    let client = client(&server).await;
    for (precision, unit) in [
        (Precision::Second, 1),
        (Precision::Millisecond, 1_000),
        (Precision::Microsecond, 1_000_000),
        (Precision::Nanosecond, 1_000_000_000),
    ] {
        let line = format!("{precision} v2=1 {}", SECOND * unit);
        client.write(line.as_str()).precision(precision).use_v2_api().gzip_threshold(Some(0)).await.unwrap();
        let line = format!("{precision} v3=2 {}", SECOND * unit);
        let options = influxdb3_client::WriteOptions { use_v2_api: false, ..Default::default() };
        let write = client.write(line).with_options(options).precision(precision);
        write.no_sync().gzip_threshold(Some(0)).await.unwrap();
        let time = Value::Timestamp(SECOND * 1_000_000_000);
        let found = rows(&client, &format!("SELECT time, v2, v3 FROM {precision}")).await;
        assert_eq!(found, [[time, Value::F64(1.0), Value::F64(2.0)]], "{precision}");
    }
}

#[tokio::test]
async fn many_points_go_in_several_requests_at_once_and_are_streamed_back() {
    let server = Server::start();
    let client = client(&server).await;
    let point = |n: i64| Point::new("cpu").tag("host", format!("h{}", n % 7)).field("n", n).timestamp_nanos(n);

    client.write((0..20_000).map(point).collect::<Vec<_>>()).batch_size(1_000).max_inflight(4).await.unwrap();

    let batches: Vec<_> = client.sql("SELECT n FROM cpu").stream().await.unwrap().try_collect().await.unwrap();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 20_000);
}

#[tokio::test]
async fn queries_have_parameters() {
    let server = Server::start();
    let client = client(&server).await;
    client.write("cpu,host=a usage=1 1\ncpu,host=b usage=2 2").await.unwrap();
    let sql = "SELECT usage FROM cpu WHERE host = $host AND usage < $usage";

    let found = client.sql(sql).param("host", "b").param("usage", 2.5).await.unwrap().rows().unwrap();

    assert_eq!(found.iter().map(|row| row["usage"].clone()).collect::<Vec<_>>(), [Value::F64(2.0)]);
}

#[tokio::test]
async fn errors_carry_what_the_server_says() {
    let server = Server::start();
    let client = client(&server).await;
    client.write("cpu usage=1 1").await.unwrap();
    for (sql, code, reason) in [
        ("NO SQL", tonic::Code::InvalidArgument, "error while planning query: SQL error"),
        ("SELECT * FROM nowhere", tonic::Code::InvalidArgument, "table 'public.iox.nowhere' not found"),
        ("SELECT $a", tonic::Code::InvalidArgument, "a parameter has no value. parameter=`a`"),
    ] {
        let Err(Error::Flight(status)) = client.sql(sql).await else { panic!("{sql} succeeded") };
        assert_eq!(status.code(), code, "{sql}");
        assert!(status.message().contains(reason), "{status}");
    }
    let Err(Error::Flight(status)) = client.influxql("SHOW MEASUREMENTS").await else { panic!("InfluxQL succeeded") };
    assert_eq!(status.code(), tonic::Code::Unimplemented);

    let options = influxdb3_client::WriteOptions { use_v2_api: false, ..Default::default() };
    let bad = "cpu usage=2 2\ncpu,host";
    let Err(Error::PartialWrite(partial)) = client.write(bad).with_options(options).await else {
        panic!("a bad line was written")
    };
    assert_eq!((partial.line_errors[0].line, partial.line_errors[0].message.as_str()), (2, "Tag Set Malformed"));
    let Err(Error::Server { code, message }) = client.write(bad).use_v2_api().await else {
        panic!("a bad line was written")
    };
    assert_eq!(code, 400);
    assert!(message.contains("Tag Set Malformed"), "{message}");
    assert_eq!(rows(&client, "SELECT count(*) FROM cpu").await, [[Value::I64(2)]]);
}
