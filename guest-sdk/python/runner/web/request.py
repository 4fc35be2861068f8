"""What a library writes to its connection, read back as a request."""

from dataclasses import dataclass
from http.client import HTTPException

_END_OF_HEAD = b"\r\n\r\n"
_END_OF_CHUNKS = b"0\r\n\r\n"


@dataclass
class Written:
    """A request as it was written."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """Returns the first header of that name, in lower case."""
        return next((value for key, value in self.headers if key.lower() == name), None)


def read(raw: bytearray) -> Written | None:
    """Returns the request that `raw` is; None while some of it is still to come.

    Asked after every piece, so that it copies a body only when it is whole.
    """
    end = raw.find(_END_OF_HEAD)
    if end < 0:
        return None
    first, *lines = raw[:end].decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    written = Written(method, rest.rpartition(" ")[0], _headers(lines), b"")
    body = _whole_body(written, raw, end + len(_END_OF_HEAD))
    if body is None:
        return None
    written.body = body
    return written


def _headers(lines: list[str]) -> list[tuple[str, str]]:
    headers = []
    for line in lines:
        # A value may go on in the next line.
        if line[:1] in (" ", "\t") and headers:
            headers[-1] = (headers[-1][0], f"{headers[-1][1]} {line.strip()}")
            continue
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    return headers


def _whole_body(written: Written, raw: bytearray, start: int) -> bytes | None:
    if "chunked" in (written.header("transfer-encoding") or "").lower():
        return _joined(bytes(raw[start:])) if raw.endswith(_END_OF_CHUNKS) else None
    length = written.header("content-length")
    if length is None:
        return b""
    if not length.isdecimal():
        raise HTTPException(f"the header Content-Length is not a number: {length:.100}")
    end = start + int(length)
    return bytes(raw[start:end]) if len(raw) >= end else None


def _joined(body: bytes) -> bytes | None:
    chunks = []
    start = 0
    while True:
        end = body.find(b"\r\n", start)
        if end < 0:
            return None
        length = int(body[start:end].partition(b";")[0], 16)
        if length == 0:
            return b"".join(chunks)
        chunks.append(body[end + 2 : end + 2 + length])
        start = end + 2 + length + 2
