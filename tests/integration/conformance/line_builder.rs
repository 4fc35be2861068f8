//! `LineBuilder`, byte for byte. The lines are InfluxDB 3's own golden ones.

use super::evaluator::Evaluator;

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_those_of_influxdb_3() {
    let table: &[(&str, &str)] = &[
        (
            r#"LineBuilder("metrics").tag("host", "server01").tag("region", "us-west").int64_field("cpu", 42).uint64_field("memory_bytes", 8589934592).float64_field("load", 86.5).string_field("status", "online").bool_field("healthy", True).time_ns(1609459200000000000).build()"#,
            r#"metrics,host=server01,region=us-west cpu=42i,memory_bytes=8589934592u,load=86.5,status="online",healthy=t 1609459200000000000"#,
        ),
        (
            r#"LineBuilder("system_metrics").tag("server", "app server 1").tag("datacenter", "us west").int64_field("count", 1).build()"#,
            r"system_metrics,server=app\ server\ 1,datacenter=us\ west count=1i",
        ),
        (
            r#"LineBuilder("network").tag("servers", "web,app,db").tag("location", "floor1,rack3").int64_field("connections", 256).build()"#,
            r"network,servers=web\,app\,db,location=floor1\,rack3 connections=256i",
        ),
        (
            r#"LineBuilder("formulas").tag("equation", "y=mx+b").tag("result", "a=b=c").float64_field("value", 3.14159).build()"#,
            r"formulas,equation=y\=mx+b,result=a\=b\=c value=3.14159",
        ),
        (
            r#"LineBuilder("paths").tag("windows_path", "C:\\Program Files\\App").tag("regex", "\\d+\\w+").string_field("description", "Windows\\Unix paths").int64_field("count", 42).build()"#,
            r#"paths,windows_path=C:\\Program\ Files\\App,regex=\\d+\\w+ description="Windows\\Unix paths",count=42i"#,
        ),
        (
            r#"LineBuilder("messages").tag("type", "notification").string_field("content", 'User said "Hello World"').string_field("json", '{"key": "value"}').int64_field("priority", 1).build()"#,
            r#"messages,type=notification content="User said \"Hello World\"",json="{\"key\": \"value\"}",priority=1i"#,
        ),
        (
            r#"LineBuilder("complex,measurement").tag("location", "New York, USA").tag("details", "floor=5, room=3").tag("path", "C:\\Users\\Admin\\Documents").string_field("message", 'Error in line: "x = y + z"').string_field("query", 'SELECT * FROM table WHERE id="abc"').float64_field("value", 123.456).time_ns(1609459200000000000).build()"#,
            r#"complex\,measurement,location=New\ York\,\ USA,details=floor\=5\,\ room\=3,path=C:\\Users\\Admin\\Documents message="Error in line: \"x = y + z\"",query="SELECT * FROM table WHERE id=\"abc\"",value=123.456 1609459200000000000"#,
        ),
    ];
    Evaluator::start().await.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn oddities_are_kept() {
    let field = |call: &str| format!("LineBuilder('m').{call}.build()");
    let evaluator = Evaluator::start().await;
    for (call, expected) in [
        ("tag('k', None).int64_field('f', 1.5)", "m,k=None f=1.5i"),
        ("tag('k', True).int64_field('f', True)", "m,k=True f=Truei"),
        ("tag('k', 'a').tag('l', 'b').tag('k', 'c').int64_field('f', 1)", "m,k=c,l=b f=1i"),
        ("tag('k', '').int64_field('f', 1)", "m,k= f=1i"),
        ("float64_field('f', 2)", "m f=2.0"),
        ("float64_field('f', 1e20)", "m f=100000000000000000000.0"),
        ("float64_field('f', 1e-07)", "m f=1e-07"),
        ("float64_field('f', -0.0)", "m f=0.0"),
        ("float64_field('f', float('nan'))", "m f=nan"),
        ("float64_field('f', float('inf'))", "m f=inf"),
        ("bool_field('f', [])", "m f=f"),
        ("int64_field('f', 1).time_ns(1.5)", "m f=1i 1.5"),
        ("int64_field('a\\\\b', 1)", r"m a\\b=1i"),
        ("string_field('f', 'a\\nb')", "m f=\"a\nb\""),
    ] {
        assert_eq!(evaluator.of(&field(call)).await, expected, "{call}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_refused_in_the_same_words() {
    let table: &[(&str, &str)] = &[
        ("LineBuilder('a b')", "InvalidMeasurementError: Measurement name cannot contain spaces"),
        ("LineBuilder('m').tag('', 1)", "InvalidKeyError: tag key cannot be empty"),
        ("LineBuilder('m').tag('a b,', 1)", "InvalidKeyError: tag key 'a b,' cannot contain spaces"),
        ("LineBuilder('m').tag('a,b', 1)", "InvalidKeyError: tag key 'a,b' cannot contain commas"),
        ("LineBuilder('m').bool_field('a=b', 1)", "InvalidKeyError: field key 'a=b' cannot contain equals signs"),
        ("LineBuilder('m').uint64_field('u', -1)", "ValueError: uint64 field 'u' cannot be negative"),
        ("LineBuilder('t').tag('k', 'v').build()", "InvalidLineError: At least one field is required: t,k=v"),
        ("LineBuilder('m').string_field('s', 1)", "AttributeError: 'int' object has no attribute 'replace'"),
        ("issubclass(InvalidLineError, InfluxDBError)", "True"),
        ("type(LineBuilder('m').tags).__name__", "OrderedDict"),
        (
            "b = LineBuilder('m').tag('a', 'x y').int64_field('f', 1); (b.measurement, dict(b.tags), dict(b.fields), b._timestamp_ns)",
            "('m', {'a': 'x y'}, {'f': '1i'}, None)",
        ),
    ];
    Evaluator::start().await.expect(table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newline_cannot_smuggle_in_a_line() {
    let table: &[(&str, &str)] = &[
        ("LineBuilder('m\\nx')", "InvalidMeasurementError: Measurement name cannot contain newlines"),
        ("LineBuilder('m').tag('k', 'a\\nx f=1i')", "InvalidLineError: value of tag 'k' cannot contain newlines"),
        ("LineBuilder('m').tag('k\\n', 'a')", "InvalidKeyError: tag key 'k\n' cannot contain newlines"),
        ("LineBuilder('m').int64_field('k\\n', 1)", "InvalidKeyError: field key 'k\n' cannot contain newlines"),
    ];
    Evaluator::start().await.expect(table).await;
}
