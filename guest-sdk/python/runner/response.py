"""What `process_request` returned, as a response.

The order of the cases is InfluxDB 3's. Two things differ: bytes are sent as
they are, and a `content-type` of the plugin's replaces the one that the kind
of body implies, however it is spelled.
"""

import json

from wit_world.exports.on_request import Response

from runner.errors import RunFailed
from runner.headers import Headers

_BYTES = (bytes, bytearray, memoryview)


def response_of(result: object) -> Response:
    """Returns the response that `result` stands for; RunFailed if it stands for none."""
    flask = getattr(result, "__flask_response__", None)
    if callable(flask) and flask() is True:
        return _like_flask(result)
    if isinstance(result, tuple) and 1 <= len(result) <= 3:
        return _from_tuple(result)
    if isinstance(result, (str, dict, list, *_BYTES)):
        content_type, body = _body(result)
    elif hasattr(result, "__iter__"):
        content_type, body = "text/html", b"".join(map(_chunk, result))
    else:
        raise RunFailed("Unsupported return type from Python function")
    return Response(200, [("Content-Type", content_type)], body)


def _like_flask(result) -> Response:
    headers = Headers()
    headers.update(result.headers)
    body = result.get_data()
    if not isinstance(body, (str, *_BYTES)):
        raise TypeError(f"get_data() must return str or bytes, not {type(body).__name__}")
    return Response(_status(result.status_code), headers.pairs(), _chunk(body))


def _from_tuple(result: tuple) -> Response:
    status = 200
    content_type, body = _body(result[0])
    headers = Headers(content_type)
    if len(result) > 1:
        if isinstance(result[1], int):
            status = _status(result[1])
        elif isinstance(result[1], dict):
            headers.update(result[1])
    if len(result) > 2:
        if not isinstance(result[2], dict):
            raise RunFailed("expected a dictionary in header item")
        headers.update(result[2])
    return Response(status, headers.pairs(), body)


def _body(part: object) -> tuple[str, bytes]:
    if isinstance(part, str):
        return "text/html", part.encode()
    if isinstance(part, (dict, list)):
        return "application/json", json.dumps(part).encode()
    if isinstance(part, _BYTES):
        return "application/octet-stream", bytes(part)
    return "text/plain", str(part).encode()


def _chunk(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode()
    return bytes(item) if isinstance(item, _BYTES) else b""


def _status(number: int) -> int:
    # What no client could read is an error of the server.
    return int(number) if 100 <= number <= 599 else 500
