"""Times and durations, in the words of InfluxDB 3."""

from datetime import datetime, timedelta

_EPOCH = datetime(1970, 1, 1)
_SECOND = 1_000_000_000
_UNITS = (("h", 3600 * _SECOND), ("m", 60 * _SECOND), ("s", _SECOND), ("ms", 1_000_000), ("us", 1000), ("ns", 1))


def call_time(scheduled: int) -> datetime:
    """Returns what `process_scheduled_call` takes: UTC without saying so, in whole seconds."""
    return _EPOCH + timedelta(seconds=scheduled // _SECOND)


def shown(scheduled: int) -> str:
    """Returns a time as the log shows it: `2025-01-01 00:00:00.500 UTC`."""
    fraction = f"{scheduled % _SECOND:09}"
    while fraction.endswith("000"):
        fraction = fraction[:-3]
    return f"{call_time(scheduled)}{fraction and '.' + fraction} UTC"


def duration(nanoseconds: int) -> str:
    """Returns a duration as the log shows it: `9ms 761us 464ns`."""
    parts = []
    for unit, size in _UNITS:
        count, nanoseconds = divmod(nanoseconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
