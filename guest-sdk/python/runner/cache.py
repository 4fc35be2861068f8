"""`influxdb3_local.cache`."""

from componentize_py_types import Err
from wit_world.imports import cache as host

from runner.cache_entries import entry_of, nanoseconds_of, scope_of, value_of
from runner.errors import CacheFull
from runner.text import checked


class Cache:
    """Values that outlive a run. Others see a change once the run has succeeded."""

    __slots__ = ()

    def put(self, key, value, ttl=None, use_global=None):
        scope = scope_of(use_global)
        entry = entry_of(scope, value)
        asked(host.put, scope, checked("key", key), entry, nanoseconds_of(ttl))

    def get(self, key, default=None, use_global=None):
        scope = scope_of(use_global)
        entry = asked(host.get, scope, checked("key", key))
        return default if entry is None else value_of(scope, entry)

    def delete(self, key, use_global=None):
        return asked(host.delete, scope_of(use_global), checked("key", key))


def asked(function, *arguments):
    """Returns what the host answers; raises ValueError or CacheFull if it refuses."""
    try:
        return function(*arguments)
    except Err as error:
        full = isinstance(error.value, host.CacheError_Full)
        raise (CacheFull if full else ValueError)(error.value.value) from None
