"""The request that a run answers, whole: InfluxDB 3's arguments leave things out."""

from typing import NamedTuple


class Request(NamedTuple):
    """A request, as the client sent it."""

    method: str
    # Behind `/api/v3/engine/`, as it was sent.
    path: str
    # Each name as often as it was sent, in that order.
    query: list[tuple[str, str]]
    # Names are in lower case; each as often as it was sent.
    headers: list[tuple[str, str]]
    body: bytes


_current: Request | None = None


def begin(request) -> None:
    """Keeps what the run answers; nothing if it answers no request."""
    global _current
    _current = request and Request(
        request.method, request.path, list(request.query), list(request.headers), request.body
    )


def request() -> Request:
    """Returns the request that this run answers, with method, path and all values of a header.

    Raises a RuntimeError in a run that answers none.
    """
    if _current is None:
        raise RuntimeError("this run answers no request; call it in process_request")
    return _current
