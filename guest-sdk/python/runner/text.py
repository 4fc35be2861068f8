"""Text on its way to the host.

The host takes UTF-8 and nothing else. Python text may hold lone surrogates,
which would end the run as a crash of the runner instead of an exception.
"""


def printable(text: str) -> str:
    """Returns `text` with what is not UTF-8 spelled out, for people to read."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()


def checked(name: str, value: object) -> str:
    """Returns `value` if it is text that the host takes.

    Raises TypeError, or UnicodeEncodeError for lone surrogates.
    """
    if not isinstance(value, str):
        kind = type(value).__name__
        raise TypeError(f"argument '{name}': '{kind}' object is not an instance of 'str'")
    if not value.isascii():
        value.encode()
    return value
