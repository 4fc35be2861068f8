"""A real HTTP server on loopback, and a runner whose libraries end at the fake host."""

import gzip
import json
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import TestCase

import build
from wit_world.imports import http

sys.path.append(str(build.packages()))

# Only now: they need the packages, and change `http.client` for the whole process.
from runner.web import standard  # noqa: E402

standard.install()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 - named by the standard library
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.partition("?")[0]
        getattr(self, "answer_" + path.strip("/").replace("/", "_"), self.answer_echo)(body)

    do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET  # noqa: N815

    def answer_echo(self, body):
        seen = {"method": self.command, "path": self.path, "body": body.decode("latin-1")}
        seen["headers"] = [[name.lower(), value] for name, value in self.headers.items()]
        self.reply(200, json.dumps(seen).encode(), ("content-type", "application/json"))

    def answer_gzip(self, body):
        self.reply(200, gzip.compress(b"squeezed"), ("content-encoding", "gzip"))

    def answer_chunked(self, body):
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"5\r\n12345\r\n6\r\n678901\r\n0\r\n\r\n")

    def answer_redirect(self, body):
        self.reply(302, b"elsewhere", ("location", "/moved?x=1"))

    def answer_missing(self, body):
        self.reply(404, b"no such thing")

    def answer_empty(self, body):
        self.reply(204, b"")

    def answer_cookie(self, body):
        self.reply(200, b"", ("set-cookie", "a=1; Path=/"), ("set-cookie", "b=2; Path=/"))

    def answer_slow(self, body):
        time.sleep(0.5)
        # Nobody waits for it.
        with suppress(ConnectionError):
            self.reply(200, b"late")

    def reply(self, status, body, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_arguments):
        """Nobody reads it."""


class TargetCase(TestCase):
    """A test with a server at `self.url`."""

    @classmethod
    def setUpClass(cls):
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        cls.url = f"http://127.0.0.1:{cls.server.server_port}"
        threading.Thread(target=cls.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        http.sent.clear()
        http.refusal = http.answer = None
