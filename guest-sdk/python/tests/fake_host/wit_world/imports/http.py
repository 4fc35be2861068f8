"""Sends requests for real, unless a test says what comes back."""

import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

from componentize_py_types import Err
from wit_world.cases import record, variant

Request = record("Request", "method", "url", "headers", "body", "timeout")
Response = record("Response", "status", "headers", "body")
ONE = ["value"]
variant(
    "HttpError",
    {"Denied": ONE, "Invalid": ONE, "Unreachable": ONE, "TimedOut": [], "TooLarge": ONE},
    globals(),
)

sent = []
refusal = None
answer = None


class _Connection(HTTPConnection):
    def connect(self):
        # Kept from before the runner's own takes its place.
        self.sock = socket.create_connection((self.host, self.port), self.timeout)


def send(request):
    sent.append(request)
    if refusal is not None:
        raise Err(refusal)
    if answer is not None:
        return answer
    url = urlsplit(request.url)
    assert url.scheme == "http", "the fake host has no TLS"
    connection = _Connection(url.hostname, url.port or 80, timeout=(request.timeout or 10**10) / 1e9)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers:
        connection.putheader(name, value)
    if request.body or request.method in ("POST", "PUT"):
        connection.putheader("content-length", str(len(request.body)))
    connection.endheaders(request.body or None)
    try:
        response = connection.getresponse()
        return Response(response.status, [(n.lower(), v) for n, v in response.getheaders()], response.read())
    except TimeoutError:
        raise Err(HttpError_TimedOut()) from None  # noqa: F821
    finally:
        connection.close()
