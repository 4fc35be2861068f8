"""Cache operations that act at once, for all to see, however the run ends."""

from wit_world.imports import cache as host

from runner.cache import asked
from runner.cache_entries import entry_of, nanoseconds_of, scope_of, value_of
from runner.text import checked

_I64 = range(-(1 << 63), 1 << 63)
# Each round means that somebody else has replaced the entry by an equal one.
_MOST_ROUNDS = 8


def increment(key: str, by: int = 1, ttl: float | None = None, use_global: bool = False) -> int:
    """Adds to a number in the cache and returns the sum; a missing entry counts as 0.

    `ttl`, in seconds, is set when the entry is made and left alone afterwards.
    """
    if not isinstance(by, int):
        raise TypeError(f"argument 'by': '{type(by).__name__}' object is not an instance of 'int'")
    if by not in _I64:
        raise OverflowError("argument 'by' does not fit into 64 bits")
    return asked(host.increment, scope_of(use_global), checked("key", key), by, nanoseconds_of(ttl))


def compare_and_swap(
    key: str,
    expected: object,
    replacement: object,
    ttl: float | None = None,
    use_global: bool = False,
) -> bool:
    """Replaces a cached value if it equals `expected`, and says whether it did.

    None stands for no entry: as `expected` there must be none, as
    `replacement` it is removed.
    """
    checked("key", key)
    scope = scope_of(use_global)
    nanoseconds = nanoseconds_of(ttl)
    before = None if expected is None else entry_of(scope, expected)
    after = None if replacement is None else entry_of(scope, replacement)
    for _ in range(_MOST_ROUNDS):
        swap = asked(host.compare_and_swap, scope, key, before, after, nanoseconds)
        if isinstance(swap, host.Swap_Swapped):
            return True
        # The host compares bytes, but equal values may pickle differently.
        found = swap.value
        if found is None or expected is None or value_of(scope, found) != expected:
            return False
        before = found
    return False
