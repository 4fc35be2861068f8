"""Exceptions that mean something to the runner."""


class RunFailed(Exception):
    """Says in the incumbent's words why a run failed, without naming a type.

    An exception of the plugin that led to it is its `__cause__`.
    """


class NeverAgain(RunFailed):
    """The same, for what would go wrong again with the same event."""


class Invalid(Exception):
    """Raised by a plugin to say that the same event would fail again: do not retry."""

    __module__ = "tidegate"


class CacheFull(Exception):
    """Key or value are larger, or there are more of them, than the trigger or tenant may have."""

    __module__ = "tidegate"
