"""Pickles of a plugin's values, its own classes included."""

import io
import pickle
from types import FunctionType

from runner import plugin


def dumps(value: object) -> bytes:
    """Returns the pickle of `value`; raises what `pickle` raises."""
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except (pickle.PicklingError, AttributeError):
        file = io.BytesIO()
        _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(value)
        return file.getvalue()


def loads(data: bytes) -> object:
    """Returns the value back. Only for bytes that the same trigger has pickled."""
    return pickle.loads(data)


class _Pickler(pickle.Pickler):
    # A single-file plugin runs as `builtins`, where pickle would look for its
    # classes in vain.
    def reducer_override(self, value):
        if isinstance(value, (type, FunctionType)):
            name = value.__qualname__
            if plugin.namespace().get(name) is value:
                return plugin_global, (name,)
        return NotImplemented


def plugin_global(name: str) -> object:
    """Returns what the loaded plugin calls `name`; pickles refer to this function."""
    try:
        return plugin.namespace()[name]
    except KeyError:
        raise pickle.UnpicklingError(f"the plugin no longer defines '{name}'") from None
