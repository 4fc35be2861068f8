"""Values to CBOR."""

from collections import deque
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from struct import pack

from runner.cbor import (
    ARRAY,
    BYTES,
    DEPTH,
    MAP,
    MICROSECONDS,
    NEGATIVE,
    SECONDS,
    TAG,
    TAG_BIG_NEGATIVE,
    TAG_BIG_UNSIGNED,
    TAG_DATE,
    TAG_DATETIME,
    TAG_DECIMAL,
    TAG_DURATION,
    TAG_OBJECT,
    TAG_SET,
    TEXT,
    UNSIGNED,
    CborError,
)


def encode(value: object) -> bytes:
    """Returns the CBOR of `value`.

    Only the very types of the shared encoding are taken: a subclass would
    come back as something else. Raises TypeError for any other.
    """
    return _encoded(value, DEPTH)


def _encoded(value, depth: int) -> bytes:
    writer = _WRITERS.get(type(value))
    if writer is None:
        raise TypeError(
            f"a value of type '{type(value).__qualname__}' cannot be shared between triggers;"
            " use None, bool, int, float, str, bytes, list, tuple, set, dict, deque, datetime, date,"
            " timedelta or Decimal, or leave out use_global"
        )
    if depth == 0:
        raise CborError(f"the value is nested deeper than {DEPTH} levels")
    return writer(value, depth - 1)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes((major << 5 | number,))
    for size, code in ((1, "B"), (2, "H"), (4, "I"), (8, "Q")):
        if number < 1 << 8 * size:
            return pack(f">B{code}", major << 5 | 23 + size.bit_length(), number)
    raise CborError("the value is too large")


def _tagged(tag: int, content: bytes) -> bytes:
    return _head(TAG, tag) + content


def _int(value, depth):
    major, number, tag = (UNSIGNED, value, TAG_BIG_UNSIGNED) if value >= 0 else (NEGATIVE, ~value, TAG_BIG_NEGATIVE)
    if number < 1 << 64:
        return _head(major, number)
    return _tagged(tag, _bytes(number.to_bytes((number.bit_length() + 7) // 8, "big"), depth))


def _float(value, depth):
    return pack(">Bd", 0xFB, value)


def _bytes(value, depth):
    return _head(BYTES, len(value)) + value


def _str(value, depth):
    data = value.encode()
    return _head(TEXT, len(data)) + data


def _list(value, depth):
    return _head(ARRAY, len(value)) + b"".join([_encoded(item, depth) for item in value])


def _dict(value, depth):
    items = [_encoded(key, depth) + _encoded(item, depth) for key, item in value.items()]
    return _head(MAP, len(items)) + b"".join(items)


def _set(value, depth):
    # In order, so that equal sets are equal bytes: compare-and-swap compares those.
    items = sorted([_encoded(item, depth) for item in value])
    return _tagged(TAG_SET, _head(ARRAY, len(items)) + b"".join(items))


def _object(name: str, arguments: list, depth: int) -> bytes:
    return _tagged(TAG_OBJECT, _encoded([name, *arguments], depth))


def _tuple(value, depth):
    return _object("tuple", [list(value)], depth)


def _deque(value, depth):
    return _object("deque", [list(value), value.maxlen], depth)


def _decimal(value, depth):
    sign, digits, exponent = value.as_tuple()
    if not value.is_finite() or (sign and not value):
        return _object("decimal", [str(value)], depth)
    return _tagged(TAG_DECIMAL, _encoded([exponent, int(Decimal((sign, digits, 0)))], depth))


def _datetime(value, depth):
    offset = value.utcoffset()
    if offset is None:
        return _object("datetime", [value.isoformat()], depth)
    if offset % timedelta(minutes=1):
        # RFC 3339 knows whole minutes only.
        value = value.astimezone(timezone.utc)
    return _tagged(TAG_DATETIME, _str(value.isoformat(), depth))


def _date(value, depth):
    return _tagged(TAG_DATE, _str(value.isoformat(), depth))


def _timedelta(value, depth):
    seconds = value // timedelta(seconds=1)
    return _tagged(TAG_DURATION, _encoded({SECONDS: seconds, MICROSECONDS: value.microseconds}, depth))


_WRITERS = {
    type(None): lambda value, depth: b"\xf6",
    bool: lambda value, depth: b"\xf5" if value else b"\xf4",
    int: _int,
    float: _float,
    bytes: _bytes,
    str: _str,
    list: _list,
    tuple: _tuple,
    set: _set,
    dict: _dict,
    deque: _deque,
    Decimal: _decimal,
    datetime: _datetime,
    date: _date,
    timedelta: _timedelta,
}
