"""The host's log."""

from wit_world.imports import log as host

from runner.text import printable

DEBUG = host.Level.DEBUG
INFO = host.Level.INFO
WARN = host.Level.WARN
ERROR = host.Level.ERROR


def send(level: host.Level, message: str) -> None:
    """Keeps a message for the trigger's owner."""
    host.write(level, printable(message))
