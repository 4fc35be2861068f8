"""Headers of a response."""

import re

from runner.errors import RunFailed

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")


class Headers:
    """Names and values, each name once whatever its case."""

    def __init__(self, content_type: str | None = None):
        self._pairs: dict[str, tuple[str, str]] = {}
        if content_type is not None:
            self._pairs["content-type"] = ("Content-Type", content_type)

    def update(self, headers: dict[str, str]) -> None:
        """Adds headers of the plugin's. A value that cannot be sent becomes empty, as in InfluxDB 3."""
        if not isinstance(headers, dict):
            raise TypeError(f"headers must be a dict, not {type(headers).__name__}")
        for name, value in headers.items():
            if not isinstance(name, str) or not isinstance(value, str):
                raise TypeError(f"headers must be str to str; {name!r} is not")
            if not _NAME.fullmatch(name):
                raise RunFailed("building response")
            self._pairs[name.lower()] = (name, value if _VALUE.fullmatch(value) else "")

    def pairs(self) -> list[tuple[str, str]]:
        """Returns names and values in the order in which they were first set."""
        return list(self._pairs.values())
