import unittest

from runner.errors import RunFailed
from runner.response import response_of


class FlaskLike:
    status_code = 202
    headers = {"Content-Type": "text/custom"}

    def __flask_response__(self):
        return True

    def get_data(self):
        return "custom"


def lines():
    for number in (1, 2, 3):
        yield f"Line {number}\n"


class Responses(unittest.TestCase):
    def answers(self, result, status, headers, body):
        response = response_of(result)
        self.assertEqual((response.status, dict(response.headers), response.body), (status, headers, body))

    def test_one_value(self):
        html, as_json = {"Content-Type": "text/html"}, {"Content-Type": "application/json"}
        self.answers("hello", 200, html, b"hello")
        self.answers({"a": "é"}, 200, as_json, b'{"a": "\\u00e9"}')
        self.answers(["a", 1, None], 200, as_json, b'["a", 1, null]')
        self.answers(lines(), 200, html, b"Line 1\nLine 2\nLine 3\n")
        self.answers(b"\xff\x00", 200, {"Content-Type": "application/octet-stream"}, b"\xff\x00")
        self.answers(iter(["a", 1, b"b"]), 200, html, b"ab")
        self.answers((), 200, html, b"")
        self.answers(("a", "b", "c", "d"), 200, html, b"abcd")

    def test_with_status_and_headers(self):
        html = {"Content-Type": "text/html"}
        self.answers(("Created successfully", 201), 201, html, b"Created successfully")
        self.answers(("a", {"X-A": "1"}), 200, {**html, "X-A": "1"}, b"a")
        self.answers(("gone", 404, {"X-A": "1"}), 404, {**html, "X-A": "1"}, b"gone")
        self.answers(({"error": "x"}, 404), 404, {"Content-Type": "application/json"}, b'{"error": "x"}')
        self.answers((None,), 200, {"Content-Type": "text/plain"}, b"None")
        self.answers(("a", "ignored"), 200, html, b"a")
        self.answers((b"\xff", 200, {"content-type": "image/png"}), 200, {"content-type": "image/png"}, b"\xff")

    def test_like_flask(self):
        self.answers(FlaskLike(), 202, {"Content-Type": "text/custom"}, b"custom")

    def test_statuses_that_no_client_reads(self):
        for status in (99, 600, 1000, 70000, -1):
            self.assertEqual(response_of(("a", status)).status, 500)

    def test_headers_that_cannot_be_sent(self):
        self.answers(("a", {"X-A": "1\r\nX-B: 2"}), 200, {"Content-Type": "text/html", "X-A": ""}, b"a")
        self.fails(RunFailed, "building response", ("a", {"X A": "1"}))
        self.fails(TypeError, "headers must be str to str; 'X-A' is not", ("a", {"X-A": 1}))

    def test_what_is_no_response(self):
        self.fails(RunFailed, "Unsupported return type from Python function", None)
        self.fails(RunFailed, "Unsupported return type from Python function", 200)
        self.fails(RunFailed, "expected a dictionary in header item", (200, {}, "x"))
        self.fails(TypeError, "Object of type set is not JSON serializable", {"a": {1}})

    def fails(self, error, message, result):
        with self.assertRaises(error) as caught:
            response_of(result)
        self.assertEqual(str(caught.exception), message)
