"""What a plugin prints, as log messages."""

import io
import sys

from runner import log

# A plugin that never ends its line must not fill the memory before it is seen.
LONGEST_LINE = 8192


class LogStream(io.TextIOBase):
    """A text stream whose lines become log messages of one level."""

    encoding = "utf-8"
    errors = "backslashreplace"

    def __init__(self, level):
        self._level = level
        self._open_line = ""

    def writable(self):
        return True

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        lines = (self._open_line + text).split("\n")
        self._open_line = lines.pop()
        for line in lines:
            log.send(self._level, line)
        if len(self._open_line) > LONGEST_LINE:
            self.end_line()
        return len(text)

    def end_line(self):
        """Sends what was written since the last newline.

        Called when a run ends. Not done by `flush`, or a progress bar would be
        a message a character.
        """
        if self._open_line:
            line, self._open_line = self._open_line, ""
            log.send(self._level, line)


STDOUT = LogStream(log.INFO)
STDERR = LogStream(log.WARN)


def capture() -> None:
    """Makes `print` and all that writes to stdout or stderr end in the log."""
    sys.stdout = sys.__stdout__ = STDOUT
    sys.stderr = sys.__stderr__ = STDERR


def end_lines() -> None:
    """Sends unfinished lines of both streams."""
    STDOUT.end_line()
    STDERR.end_line()
