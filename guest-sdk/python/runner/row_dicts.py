"""Columns to dicts, the loop in which a write event spends most of its time.

A display such as `{a: x, b: y}` makes a dict three times as fast as
`dict(zip(names, row))` does. It needs the number of columns in the source, so
there is one function for each number, made when the runner is built.
"""

_MOST_COLUMNS = 64


def dicts(names: list[str], columns: list[list]) -> list[dict]:
    """Returns a dict for each row, given the names and values of its columns."""
    if 0 < len(names) <= _MOST_COLUMNS:
        return _MAKERS[len(names)](names, zip(*columns))
    return [dict(zip(names, row)) for row in zip(*columns)]


def _maker(count: int):
    names = "".join([f"n{i}, " for i in range(count)])
    values = "".join([f"v{i}, " for i in range(count)])
    items = ", ".join([f"n{i}: v{i}" for i in range(count)])
    scope = {}
    exec(f"def make(names, rows):\n  {names} = names\n  return [{{{items}}} for {values} in rows]", scope)
    return scope["make"]


_MAKERS = [None, *map(_maker, range(1, _MOST_COLUMNS + 1))]
