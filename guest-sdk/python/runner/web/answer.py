"""The host's answer, as `http.client` reads it from a connection."""

from http import HTTPStatus

# The host hands over a body that is whole, in no encoding of the transfer.
_OF_THE_TRANSFER = frozenset(("connection", "keep-alive", "transfer-encoding"))


def rendered(response, method: str) -> bytes:
    """Returns status line, headers and body."""
    dropped = _OF_THE_TRANSFER
    bodiless = method == "HEAD" or response.status in (204, 304)
    if not bodiless:
        dropped |= {"content-length"}
    lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}"]
    lines += [f"{name}: {_one_line(value)}" for name, value in response.headers if name.lower() not in dropped]
    if not bodiless:
        lines.append(f"content-length: {len(response.body)}")
    head = _bytes("\r\n".join(lines) + "\r\n\r\n")
    return head if bodiless else head + response.body


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _one_line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _bytes(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()
