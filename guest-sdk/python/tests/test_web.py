import http.client
import io
import json
import time
import unittest
import urllib.error
import urllib.parse
import urllib.request

from runner.web import request
from tests.targets import TargetCase
from wit_world.imports import http as host


class Urllib(TargetCase):
    def test_get(self):
        with urllib.request.urlopen(f"{self.url}/x?y=1", timeout=3) as response:
            seen = json.load(response)
        self.assertEqual((response.status, seen["path"]), (200, "/x?y=1"))
        self.assertEqual(host.sent[0].timeout, 3_000_000_000)

    def test_post(self):
        data = urllib.parse.urlencode({"a": 1}).encode()
        sent = urllib.request.Request(self.url, data, {"X-Key": "k"}, method="PUT")
        seen = json.load(urllib.request.urlopen(sent))
        self.assertEqual((seen["method"], seen["body"]), ("PUT", "a=1"))
        self.assertIn(["x-key", "k"], seen["headers"])

    def test_redirects_and_errors(self):
        self.assertTrue(urllib.request.urlopen(f"{self.url}/redirect").geturl().endswith("/moved?x=1"))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{self.url}/missing")
        self.assertEqual((caught.exception.code, caught.exception.read()), (404, b"no such thing"))
        caught.exception.close()

    def test_what_is_refused_is_a_url_error_with_the_host_s_text(self):
        for refusal, kind in ((host.HttpError_Denied, PermissionError), (host.HttpError_Unreachable, ConnectionError)):
            host.refusal = refusal("because of `x`")
            with self.assertRaisesRegex(urllib.error.URLError, "because of `x`") as caught:
                urllib.request.urlopen(self.url)
            self.assertIsInstance(caught.exception.reason, kind)

    def test_no_answer_in_time(self):
        with self.assertRaisesRegex(TimeoutError, "within 0.05 s"):
            urllib.request.urlopen(f"{self.url}/slow", timeout=0.05)


class Connections(TargetCase):
    def test_several_requests_over_one_connection(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=4)
        for number in range(3):
            connection.request("POST", f"/{number}", body=b"x" * number, headers={"A": str(number)})
            seen = json.load(connection.getresponse())
            self.assertEqual((seen["path"], seen["body"]), (f"/{number}", "x" * number))

    def test_a_body_written_in_pieces(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        connection.putrequest("POST", "/x")
        connection.putheader("Content-Length", "6")
        connection.endheaders()
        self.assertEqual(host.sent, [])
        connection.send(b"abc")
        connection.send(memoryview(b"def"))
        self.assertEqual(json.load(connection.getresponse())["body"], "abcdef")

    def test_an_unfinished_request_is_an_error(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port)
        connection.request("POST", "/", body=b"abc", headers={"Content-Length": "6"})
        with self.assertRaisesRegex(http.client.BadStatusLine, "not written to its end"):
            connection.getresponse()

    def test_large_bodies_are_read_in_linear_time(self):
        host.answer = host.Response(200, [], b"")
        started = time.thread_time()
        connection = http.client.HTTPConnection("example.com")
        connection.request("POST", "/", body=io.BytesIO(bytes(40 << 20)), headers={"Content-Length": str(40 << 20)})
        self.assertEqual(len(host.sent[0].body), 40 << 20)
        self.assertLess(time.thread_time() - started, 3)

    def test_timeouts(self):
        host.answer = host.Response(200, [], b"")
        http.client.HTTPConnection("example.com", timeout=float("inf")).request("GET", "/")
        self.assertLess(host.sent[0].timeout, 1 << 64)
        wrong = http.client.HTTPConnection("example.com", timeout=-1)
        self.assertRaisesRegex(ValueError, "out of range", wrong.request, "GET", "/")

    def test_https_names_its_origin(self):
        host.answer = host.Response(299, [("x-a", "1"), ("x-a", "2"), ("transfer-encoding", "chunked")], b"body")
        connection = http.client.HTTPSConnection("example.com", 8443)
        connection.request("GET", "/x")
        response = connection.getresponse()
        self.assertEqual(host.sent[0].url, "https://example.com:8443/x")
        self.assertEqual((response.status, response.reason, response.read()), (299, "", b"body"))
        self.assertEqual(response.getheaders(), [("x-a", "1"), ("x-a", "2"), ("content-length", "4")])

    def test_hosts_in_urls(self):
        host.answer = host.Response(200, [], b"")
        for name, url in (("::1", "http://[::1]:8086/"), ("bücher.example", "http://xn--bcher-kva.example:8086/")):
            http.client.HTTPConnection(name, 8086).request("GET", "/")
            self.assertEqual(host.sent[-1].url, url)
            self.assertIn(("Host", url.removeprefix("http://").rstrip("/")), host.sent[-1].headers)

    def test_a_header_of_the_answer_cannot_forge_another(self):
        host.answer = host.Response(200, [("x", "1\r\nset-cookie: a=b")], b"")
        connection = http.client.HTTPConnection("example.com")
        connection.request("GET", "/")
        self.assertEqual(connection.getresponse().getheader("set-cookie"), None)


class Reading(unittest.TestCase):
    def test_what_is_written_piece_by_piece_is_read_at_its_end_only(self):
        raw = b"POST /x y HTTP/1.1\r\nA: 1\r\n 2\r\nContent-Length: 3\r\n\r\nabc"
        for end in range(len(raw)):
            self.assertIsNone(request.read(bytearray(raw[:end])))
        written = request.read(bytearray(raw))
        self.assertEqual((written.method, written.target, written.body), ("POST", "/x y", b"abc"))
        self.assertEqual(written.headers, [("A", "1 2"), ("Content-Length", "3")])

    def test_chunks(self):
        head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        chunks = b"5\r\n0\r\n\r\n\r\n1;ext\r\nx\r\n0\r\n\r\n"
        self.assertEqual(request.read(bytearray(head + chunks)).body, b"0\r\n\r\nx")
        for end in range(len(chunks)):
            self.assertIsNone(request.read(bytearray(head + chunks[:end])))
