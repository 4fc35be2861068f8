use super::*;

fn built(line: Line) -> String {
    line.build().unwrap()
}

fn problem(line: Line) -> String {
    line.build().unwrap_err().0
}

/// The golden lines of `tests/cli/mod.rs` in InfluxDB 3.
#[test]
fn simple_points_are_as_in_python() {
    let metrics = Line::new("metrics").tag("host", "server01").tag("region", "us-west");
    let metrics = metrics.int("cpu", 42).uint("memory_bytes", 8589934592).float("load", 86.5);
    let metrics = metrics.text("status", "online").bool("healthy", true).time(1609459200000000000);
    let sensor = Line::new("sensor_data").tag("device", "thermostat").tag("room", "living room").tag("floor", "1");

    assert_eq!(
        built(metrics),
        r#"metrics,host=server01,region=us-west cpu=42i,memory_bytes=8589934592u,load=86.5,status="online",healthy=t 1609459200000000000"#
    );
    assert_eq!(
        built(sensor.float("temperature", 72.5).int("humidity", 45).text("mode", "auto")),
        r#"sensor_data,device=thermostat,room=living\ room,floor=1 temperature=72.5,humidity=45i,mode="auto""#
    );
    assert_eq!(
        built(Line::new("memory_stats").tag("host", "server1").int("usage", 75)),
        "memory_stats,host=server1 usage=75i"
    );
}

#[expect(clippy::approx_constant, reason = "the golden line has it")]
#[test]
fn tags_are_escaped_as_in_python() {
    for (line, expected) in [
        (
            Line::new("system_metrics").tag("server", "app server 1").tag("datacenter", "us west").int("count", 1),
            r"system_metrics,server=app\ server\ 1,datacenter=us\ west count=1i",
        ),
        (
            Line::new("network").tag("servers", "web,app,db").tag("location", "floor1,rack3").int("connections", 256),
            r"network,servers=web\,app\,db,location=floor1\,rack3 connections=256i",
        ),
        (
            Line::new("formulas").tag("equation", "y=mx+b").tag("result", "a=b=c").float("value", 3.14159),
            r"formulas,equation=y\=mx+b,result=a\=b\=c value=3.14159",
        ),
    ] {
        assert_eq!(built(line), expected);
    }
}

#[test]
fn text_is_escaped_as_in_python() {
    let paths = Line::new("paths").tag("windows_path", r"C:\Program Files\App").tag("regex", r"\d+\w+");
    let messages = Line::new("messages").tag("type", "notification").text("content", r#"User said "Hello World""#);

    assert_eq!(
        built(paths.text("description", r"Windows\Unix paths").int("count", 42)),
        r#"paths,windows_path=C:\\Program\ Files\\App,regex=\\d+\\w+ description="Windows\\Unix paths",count=42i"#
    );
    assert_eq!(
        built(messages.text("json", r#"{"key": "value"}"#).int("priority", 1)),
        r#"messages,type=notification content="User said \"Hello World\"",json="{\"key\": \"value\"}",priority=1i"#
    );
}

#[test]
fn everything_at_once_is_as_in_python() {
    let line = Line::new("complex,measurement")
        .tag("location", "New York, USA")
        .tag("details", "floor=5, room=3")
        .tag("path", r"C:\Users\Admin\Documents")
        .text("message", r#"Error in line: "x = y + z""#)
        .text("query", r#"SELECT * FROM table WHERE id="abc""#)
        .float("value", 123.456)
        .time(1609459200000000000);

    assert_eq!(
        built(line),
        r#"complex\,measurement,location=New\ York\,\ USA,details=floor\=5\,\ room\=3,path=C:\\Users\\Admin\\Documents message="Error in line: \"x = y + z\"",query="SELECT * FROM table WHERE id=\"abc\"",value=123.456 1609459200000000000"#
    );
}

#[test]
fn setting_again_replaces_in_place() {
    let line = Line::new("t").tag("a", "1").tag("b", "2").tag("a", "3").int("f", 1).int("g", 2).bool("f", false);

    assert_eq!(built(line), "t,a=3,b=2 f=f,g=2i");
}

#[test]
fn text_fields_keep_their_line_breaks() {
    assert_eq!(built(Line::new("t").text("f", "a\nb")), "t f=\"a\nb\"");
}

#[test]
fn names_that_cannot_be_written_are_refused() {
    assert_eq!(problem(Line::new("a b").int("f", 1)), "name contains a space. table=`a b`");
    assert_eq!(problem(Line::new("#a").int("f", 1)), "name starts with `#`. table=`#a`");
    assert_eq!(problem(Line::new("a").tag("", "v")), "name is empty. tag=``");
    assert_eq!(problem(Line::new("a").tag("b,c", "v")), "name contains a comma. tag=`b,c`");
    assert_eq!(problem(Line::new("a").int("b=c", 1)), "name contains an equals sign. field=`b=c`");
}

#[test]
fn a_line_break_cannot_start_another_point() {
    assert_eq!(problem(Line::new("a\nb f=1i").int("f", 1)), "name contains a space. table=`a\\nb f=1i`");
    assert_eq!(problem(Line::new("a\nb").int("f", 1)), "contains a line break. table=`a\\nb`");
    assert_eq!(problem(Line::new("a").tag("t", "x\ny").int("f", 1)), "contains a line break. value=`x\\ny`");
    assert_eq!(problem(Line::new("a").int("f\r", 1)), "contains a line break. field=`f\\r`");
}

#[test]
fn what_no_database_takes_is_refused() {
    assert_eq!(problem(Line::new("a").float("f", f64::NAN)), "number is not finite. field=`f`");
    assert_eq!(problem(Line::new("a").tag("t", "").int("f", 1)), "value of a tag is empty. value=``");
    assert_eq!(problem(Line::new("a").tag("t", "v")), "a point needs a field. line=`a,t=v`");
}

#[test]
fn the_first_problem_is_told() {
    assert_eq!(problem(Line::new("").tag("", "")), "name is empty. table=``");
}
