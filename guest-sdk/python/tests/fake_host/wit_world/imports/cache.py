from enum import Enum

from componentize_py_types import Err
from wit_world.cases import record, variant

Scope = Enum("Scope", ["TRIGGER", "GLOBAL"])
Encoding = Enum("Encoding", ["CBOR", "PICKLE", "RAW"])
Entry = record("Entry", "encoding", "bytes")
variant("CacheError", {"Invalid": ["value"], "Full": ["value"]}, globals())
variant("Swap", {"Swapped": [], "Unchanged": ["value"]}, globals())

entries = {}
ttls = {}


def get(scope, key):
    return entries.get((scope, key))


def put(scope, key, entry, ttl):
    if len(entry.bytes) > 1000:
        raise Err(CacheError_Full("the value is too large"))  # noqa: F821
    entries[scope, key] = entry
    ttls[key] = ttl


def delete(scope, key):
    return entries.pop((scope, key), None) is not None


def increment(scope, key, by, ttl):
    return by


def compare_and_swap(scope, key, expected, replacement, ttl):
    found = entries.get((scope, key))
    if found != expected:
        return Swap_Unchanged(found)  # noqa: F821
    if replacement is None:
        entries.pop((scope, key), None)
    else:
        entries[scope, key] = replacement
    return Swap_Swapped()  # noqa: F821
