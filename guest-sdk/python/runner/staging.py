"""Lines that a run wants written."""

import os

from componentize_py_types import Err
from wit_world.imports import write as host

from runner.errors import NeverAgain, RunFailed

# Held back until then, so that thousands of small writes are one host call.
_BYTES_HELD = 1 << 20
_SHOWN_OF_LINE = 100
# The server's own. InfluxDB 3 has raised at once for it since 3.11.
_INTERNAL = "_internal"


class Staging:
    """Buffers lines by database until the plugin's function has returned.

    What the host refuses fails the run at its end and is never raised into
    the plugin, which InfluxDB 3 does not do either.
    """

    def __init__(self):
        self._lines: dict[str | None, list[str]] = {}
        self._bytes = 0
        self._handed_over: dict[str | None, int] = {}
        self._failure: RunFailed | None = None

    def add(self, database: str | None, text: str) -> None:
        """Takes what a line builder built, which may be several lines."""
        if database == _INTERNAL:
            raise Exception(f"error writing back lines to {_INTERNAL}: plugins cannot write to it")
        if not text:
            return
        self._lines.setdefault(database, []).append(text)
        self._bytes += len(text)
        if self._bytes > _BYTES_HELD:
            self._hand_over()

    def finish(self) -> None:
        """Hands over the rest; raises what the host said against any of it."""
        if self._lines:
            self._hand_over()
        if self._failure is not None:
            raise self._failure

    def _hand_over(self) -> None:
        lines, self._lines, self._bytes = self._lines, {}, 0
        for database, texts in lines.items():
            if self._failure is None:
                self._stage(database, "\n".join(texts))

    def _stage(self, database: str | None, text: str) -> None:
        before = self._handed_over.get(database, 0)
        try:
            host.stage(text, database)
        except Err as error:
            said = f"error writing back lines to {shown(database)}: {reason(error.value, text, before)}"
            hopeless = isinstance(error.value, (host.WriteError_BadLine, host.WriteError_Invalid))
            self._failure = (NeverAgain if hopeless else RunFailed)(said)
        else:
            self._handed_over[database] = before + text.count("\n") + 1


def shown(database: str | None) -> str:
    """Returns a database's name for a message."""
    return os.environ.get("TIDEGATE_DATABASE", "the trigger's database") if database is None else database


def reason(error: host.WriteError, text: str, lines_before: int = 0) -> str:
    """Returns why `text` was refused, in the incumbent's words."""
    if not isinstance(error, host.WriteError_BadLine):
        is_name = str(error.value).startswith("invalid database name")
        return error.value if is_name else f"Cannot write: {error.value}"
    bad = error.value
    line = "".join(text.split("\n")[bad.line - 1 : bad.line])[:_SHOWN_OF_LINE]
    return f"Cannot write: line protocol parse failed: line {lines_before + bad.line}: {bad.reason}: {line}"
