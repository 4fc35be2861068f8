"""What stands behind a CBOR tag, as Python values.

Each reader may raise whatever its constructors raise; the decoder says that
the value is malformed.
"""

from collections import deque
from datetime import date, datetime, timedelta
from decimal import Decimal

from runner.cbor import (
    MICROSECONDS,
    SECONDS,
    TAG_BIG_NEGATIVE,
    TAG_BIG_UNSIGNED,
    TAG_DATE,
    TAG_DATETIME,
    TAG_DECIMAL,
    TAG_DURATION,
    TAG_OBJECT,
    TAG_SET,
    CborError,
)


def _expect(value, kind: type):
    if type(value) is not kind:
        raise CborError(f"a {kind.__name__} was expected, not a {type(value).__name__}")
    return value


def _datetime(content):
    moment = datetime.fromisoformat(_expect(content, str))
    if moment.tzinfo is None:
        raise CborError("a datetime without an offset")
    return moment


def _naive_datetime(text):
    moment = datetime.fromisoformat(_expect(text, str))
    if moment.tzinfo is not None:
        raise CborError("a datetime with an offset")
    return moment


def _decimal(content):
    exponent, mantissa = _expect(content, list)
    sign, digits, _ = Decimal(_expect(mantissa, int)).as_tuple()
    return Decimal((sign, digits, _expect(exponent, int)))


def _timedelta(content):
    parts = dict(_expect(content, dict))
    seconds = _expect(parts.pop(SECONDS, 0), int)
    microseconds = _expect(parts.pop(MICROSECONDS, 0), int)
    if parts:
        raise CborError("a duration in units other than seconds and microseconds")
    return timedelta(seconds=seconds, microseconds=microseconds)


def _deque(items, greatest_length):
    if greatest_length is not None:
        _expect(greatest_length, int)
    return deque(_expect(items, list), greatest_length)


_OBJECTS = {
    "tuple": lambda items: tuple(_expect(items, list)),
    "deque": _deque,
    "datetime": _naive_datetime,
    "decimal": lambda text: Decimal(_expect(text, str)),
}


def _object(content):
    name, *arguments = _expect(content, list)
    if name not in _OBJECTS:
        raise CborError("an object of an unknown type")
    return _OBJECTS[name](*arguments)


TAG_READERS = {
    TAG_DATETIME: _datetime,
    TAG_BIG_UNSIGNED: lambda content: int.from_bytes(_expect(content, bytes), "big"),
    TAG_BIG_NEGATIVE: lambda content: ~int.from_bytes(_expect(content, bytes), "big"),
    TAG_DECIMAL: _decimal,
    TAG_OBJECT: _object,
    TAG_SET: lambda content: set(_expect(content, list)),
    TAG_DURATION: _timedelta,
    TAG_DATE: lambda content: date.fromisoformat(_expect(content, str)),
}
