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


def read(raw: bytes) -> Written | None:
    """Returns the request that `raw` is; None while some of it is still to come."""
    head, found, body = bytes(raw).partition(_END_OF_HEAD)
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, _, rest = first.partition(" ")
    written = Written(method, rest.rpartition(" ")[0], _headers(lines), b"")
    whole = _whole_body(written, body)
    if whole is None:
        return None
    written.body = whole
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


def _whole_body(written: Written, body: bytes) -> bytes | None:
    if "chunked" in (written.header("transfer-encoding") or "").lower():
        return _joined(body) if body.endswith(_END_OF_CHUNKS) else None
    length = written.header("content-length")
    if length is None:
        return b""
    if not length.isdecimal():
        raise HTTPException(f"the header Content-Length is not a number: {length:.100}")
    return body[: int(length)] if len(body) >= int(length) else None


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
