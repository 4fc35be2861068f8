"""Values in the cache, as the bytes that the host keeps."""

import math

from wit_world.imports import cache as host

from runner import cbor_decoding, cbor_encoding, pickling

_MOST_NANOSECONDS = (1 << 64) - 1
_CANNOT_CONVERT = "cannot convert float seconds to Duration: value is"


def scope_of(use_global: bool | None) -> host.Scope:
    """Returns the scope that `use_global` asks for."""
    return host.Scope.GLOBAL if use_global else host.Scope.TRIGGER


def entry_of(scope: host.Scope, value: object) -> host.Entry:
    """Returns the entry for a value.

    A pickle of a global entry would let one trigger run code as another, so
    those are CBOR. So are numbers, or `increment` could not count in them.
    """
    if scope is host.Scope.GLOBAL or type(value) is int:
        return host.Entry(host.Encoding.CBOR, cbor_encoding.encode(value))
    return host.Entry(host.Encoding.PICKLE, pickling.dumps(value))


def value_of(scope: host.Scope, entry: host.Entry) -> object:
    """Returns the value of an entry."""
    if entry.encoding is host.Encoding.CBOR:
        return cbor_decoding.decode(entry.bytes)
    if entry.encoding is host.Encoding.RAW:
        return entry.bytes
    if scope is host.Scope.GLOBAL:
        raise ValueError("a pickle is not read from the global cache")
    return pickling.loads(entry.bytes)


def nanoseconds_of(ttl: float | None) -> int | None:
    """Returns seconds to live as nanoseconds; refuses what InfluxDB 3 refuses, in its words."""
    if ttl is None:
        return None
    # Like `float`, but without taking text.
    seconds = math.ldexp(ttl, 0)
    if seconds < 0:
        raise ValueError(f"{_CANNOT_CONVERT} negative")
    if math.isnan(seconds) or seconds >= 2.0**64:
        raise ValueError(f"{_CANNOT_CONVERT} either too big or NaN")
    return min(round(seconds * 1_000_000_000), _MOST_NANOSECONDS)
