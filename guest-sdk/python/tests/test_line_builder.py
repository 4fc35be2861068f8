import unittest

from runner.line_builder import InvalidKeyError, InvalidLineError, InvalidMeasurementError, LineBuilder


class Golden(unittest.TestCase):
    """The lines that InfluxDB 3's own tests expect."""

    def test_all_types_and_a_time(self):
        line = LineBuilder("metrics").tag("host", "server01").tag("region", "us-west").int64_field("cpu", 42)
        line.uint64_field("memory_bytes", 8589934592).float64_field("load", 86.5)
        line.string_field("status", "online").bool_field("healthy", True).time_ns(1609459200000000000)
        self.assertEqual(
            line.build(),
            "metrics,host=server01,region=us-west cpu=42i,memory_bytes=8589934592u,load=86.5,"
            'status="online",healthy=t 1609459200000000000',
        )

    def test_spaces_in_tags(self):
        line = LineBuilder("system_metrics").tag("server", "app server 1").tag("datacenter", "us west")
        self.assertEqual(
            line.int64_field("count", 1).build(), r"system_metrics,server=app\ server\ 1,datacenter=us\ west count=1i"
        )

    def test_commas_in_tags(self):
        line = LineBuilder("network").tag("servers", "web,app,db").tag("location", "floor1,rack3")
        self.assertEqual(
            line.int64_field("connections", 256).build(),
            r"network,servers=web\,app\,db,location=floor1\,rack3 connections=256i",
        )

    def test_equals_signs_in_tags(self):
        line = LineBuilder("formulas").tag("equation", "y=mx+b").tag("result", "a=b=c").float64_field("value", 3.14159)
        self.assertEqual(line.build(), r"formulas,equation=y\=mx+b,result=a\=b\=c value=3.14159")

    def test_backslashes(self):
        line = LineBuilder("paths").tag("windows_path", r"C:\Program Files\App").tag("regex", r"\d+\w+")
        line.string_field("description", r"Windows\Unix paths").int64_field("count", 42)
        self.assertEqual(
            line.build(),
            r"paths,windows_path=C:\\Program\ Files\\App,regex=\\d+\\w+ "
            r'description="Windows\\Unix paths",count=42i',
        )

    def test_quotes_in_fields(self):
        line = LineBuilder("messages").tag("type", "notification").string_field("content", 'User said "Hello World"')
        line.string_field("json", '{"key": "value"}').int64_field("priority", 1)
        self.assertEqual(
            line.build(),
            r'messages,type=notification content="User said \"Hello World\"",'
            r'json="{\"key\": \"value\"}",priority=1i',
        )

    def test_everything_at_once(self):
        line = LineBuilder("complex,measurement").tag("location", "New York, USA").tag("details", "floor=5, room=3")
        line.tag("path", r"C:\Users\Admin\Documents").string_field("message", 'Error in line: "x = y + z"')
        line.string_field("query", 'SELECT * FROM table WHERE id="abc"').float64_field("value", 123.456)
        self.assertEqual(
            line.time_ns(1609459200000000000).build(),
            r"complex\,measurement,location=New\ York\,\ USA,details=floor\=5\,\ room\=3,"
            r'path=C:\\Users\\Admin\\Documents message="Error in line: \"x = y + z\"",'
            r'query="SELECT * FROM table WHERE id=\"abc\"",value=123.456 1609459200000000000',
        )

    def test_order_is_that_of_the_calls(self):
        line = LineBuilder("sensor_data").tag("device", "thermostat").float64_field("temperature", 72.5)
        line.tag("room", "living room").int64_field("humidity", 45).tag("floor", "1").string_field("mode", "auto")
        self.assertEqual(
            line.build(),
            r'sensor_data,device=thermostat,room=living\ room,floor=1 temperature=72.5,humidity=45i,mode="auto"',
        )


class Fields(unittest.TestCase):
    def test_integers_are_not_checked(self):
        fields = LineBuilder("m").int64_field("a", 1.5).int64_field("b", True).fields
        self.assertEqual(dict(fields), {"a": "1.5i", "b": "Truei"})

    def test_floats(self):
        cases = [(2, "2.0"), (2.0, "2.0"), (86.5, "86.5"), (1e20, "100000000000000000000.0"), (1e-07, "1e-07"),
                 (-0.0, "0.0"), (float("nan"), "nan"), (float("inf"), "inf")]  # fmt: skip
        for value, expected in cases:
            self.assertEqual(LineBuilder("m").float64_field("x", value).fields["x"], expected)

    def test_unsigned_integers_are_not_negative(self):
        with self.assertRaisesRegex(ValueError, "^uint64 field 'x' cannot be negative$"):
            LineBuilder("m").uint64_field("x", -1)

    def test_values_of_a_wrong_type(self):
        self.assertRaises(AttributeError, LineBuilder("m").string_field, "x", 1)
        self.assertRaises(TypeError, LineBuilder("m").float64_field, "x", "1")
        self.assertRaises(TypeError, LineBuilder, 1)

    def test_tags_are_text_and_keep_their_place(self):
        line = LineBuilder("m").tag("a", None).tag("b", True).tag("a", 1)
        self.assertEqual(list(line.tags.items()), [("a", "1"), ("b", "True")])


class Refusals(unittest.TestCase):
    def refused(self, error, message, call, *arguments):
        with self.assertRaises(error) as caught:
            call(*arguments)
        self.assertEqual(str(caught.exception), message)

    def test_keys(self):
        tag, field = LineBuilder("m").tag, LineBuilder("m").int64_field
        self.refused(InvalidKeyError, "tag key cannot be empty", tag, "", 1)
        self.refused(InvalidKeyError, "field key 'a b' cannot contain spaces", field, "a b", 1)
        self.refused(InvalidKeyError, "tag key 'a,b' cannot contain commas", tag, "a,b", 1)
        self.refused(InvalidKeyError, "field key 'a=b' cannot contain equals signs", field, "a=b", 1)

    def test_measurements(self):
        message = "Measurement name cannot contain spaces"
        self.refused(InvalidMeasurementError, message, LineBuilder, "a b")

    def test_lines_without_fields(self):
        line = LineBuilder("some_table").tag("a", "b")
        self.refused(InvalidLineError, "At least one field is required: some_table,a=b", line.build)

    def test_newlines_that_would_start_another_line(self):
        line = LineBuilder("m")
        self.refused(InvalidMeasurementError, "Measurement name cannot contain newlines", LineBuilder, "a\nb")
        self.refused(InvalidKeyError, "tag key 'a\nb' cannot contain newlines", line.tag, "a\nb", 1)
        self.refused(InvalidKeyError, "field key 'a\nb' cannot contain newlines", line.int64_field, "a\nb", 1)
        self.refused(InvalidLineError, "value of tag 'a' cannot contain newlines", line.tag, "a", "x\ny")
        self.assertEqual(line.string_field("s", "x\ny").build(), 'm s="x\ny"')
