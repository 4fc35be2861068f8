"""One request to the host, and its refusals as the exceptions that libraries expect."""

from http.client import InvalidURL

from componentize_py_types import Err
from wit_world.imports import http as host

_LONGEST_TIMEOUT = 1 << 63
# What holds between two machines. The host speaks for itself; it checks a
# `Host` that is not that of the URL.
_OF_THE_CONNECTION = frozenset(
    ("connection", "content-length", "expect", "keep-alive", "proxy-connection", "te", "transfer-encoding")
)


def exchange(written, url: str, timeout: float | None) -> host.Response:
    """Sends a request and returns the answer, whatever its status.

    Raises PermissionError, ConnectionError, TimeoutError, OSError or InvalidURL.
    """
    headers = [(name, value) for name, value in written.headers if name.lower() not in _OF_THE_CONNECTION]
    request = host.Request(written.method, url, headers, written.body, _nanoseconds(timeout))
    try:
        return host.send(request)
    except Err as error:
        raise _exception(error.value, url, timeout) from None


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(min(seconds * 1e9, _LONGEST_TIMEOUT))


def _exception(refusal, url: str, timeout: float | None) -> Exception:
    match refusal:
        case host.HttpError_Denied(text):
            return PermissionError(text)
        case host.HttpError_Unreachable(text):
            return ConnectionError(text)
        case host.HttpError_TimedOut():
            within = "" if timeout is None else f" within {timeout:g} s"
            return TimeoutError(f"timed out: no answer from {url}{within}")
        case host.HttpError_TooLarge(text):
            return OSError(text)
        case _:
            return InvalidURL(refusal.value)
