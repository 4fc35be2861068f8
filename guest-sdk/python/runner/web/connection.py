"""What a library takes for a connected socket."""

import io
import socket
from http.client import BadStatusLine

from runner.web import request
from runner.web.answer import rendered
from runner.web.exchange import exchange


class Connection:
    """Collects a request, has the host send it, and hands out the answer.

    With `at_once` it is sent as soon as it is complete, so that what is refused
    is raised while the library still sends; else when the answer is asked for,
    by when some libraries have set another timeout.
    """

    def __init__(self, scheme: str, host: str, port: int, timeout: float | None, *, at_once: bool):
        self._origin = f"{scheme}://{_in_url(host)}{_shown_port(scheme, port)}"
        self._peer = (host, port)
        self._at_once = at_once
        self._written = bytearray()
        self._answer: bytes | None = None
        self._timed_out: TimeoutError | None = None
        self.settimeout(timeout)

    def sendall(self, data, flags=0):
        self._written += data if isinstance(data, bytes) else memoryview(data).cast("B")
        if self._at_once and (written := request.read(self._written)) is not None:
            try:
                self._exchange(written)
            except TimeoutError as error:
                # Libraries expect it when they wait for the answer.
                self._timed_out = error

    def send(self, data, flags=0):
        self.sendall(data)
        return memoryview(data).nbytes

    def makefile(self, mode="r", buffering=None, **_options):
        if "r" not in mode or "b" not in mode:
            raise OSError("a connection of the sandbox is read as bytes")
        timed_out, self._timed_out = self._timed_out, None
        if timed_out is not None:
            raise timed_out
        if self._answer is None:
            written = request.read(self._written)
            if written is None:
                raise BadStatusLine("the request was not written to its end")
            self._exchange(written)
        answer, self._answer = self._answer, None
        return io.BufferedReader(io.BytesIO(answer))

    def _exchange(self, written):
        self._written.clear()
        target = written.target
        url = target if target.startswith(("http://", "https://")) else self._origin + target
        self._answer = rendered(exchange(written, url, self._timeout), written.method)

    def settimeout(self, timeout):
        if timeout is socket._GLOBAL_DEFAULT_TIMEOUT:
            timeout = socket.getdefaulttimeout()
        if timeout is not None and not timeout >= 0:
            raise ValueError("Timeout value out of range")
        self._timeout = timeout

    def gettimeout(self):
        return self._timeout

    def getpeername(self):
        return self._peer

    def setsockopt(self, *_arguments):
        """There is nothing to be set."""

    def getsockopt(self, *_arguments):
        return 0

    def fileno(self):
        raise OSError("a connection of the sandbox has no file descriptor")

    def shutdown(self, how):
        """Nothing is open."""

    def close(self):
        self._written.clear()
        self._answer = None


def _in_url(host: str) -> str:
    if not host.isascii():
        host = host.encode("idna").decode()
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _shown_port(scheme: str, port: int | None) -> str:
    return "" if port is None or (scheme, port) in (("http", 80), ("https", 443)) else f":{port}"
