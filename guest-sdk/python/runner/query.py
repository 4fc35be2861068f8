"""SQL of a plugin."""

from componentize_py_types import Err
from wit_world.imports import query as host

from runner.parameters import parameters_of
from runner.rows import result_rows
from runner.text import checked

# Large enough that host calls do not count, small enough that the columns of
# a piece are little beside the dicts of all rows.
_ROWS_A_PIECE = 16384
# What the host hands over as JSON.
_NESTED = ("List(", "LargeList(", "ListView(", "LargeListView(", "FixedSizeList(", "Struct(", "Map(", "Union(")


class QueryError(Exception):
    """A statement could not be run."""

    # Where plugins find it; tracebacks then name it without the runner.
    __module__ = "builtins"


def rows_of(sql: str, args: dict | None, database: str | None) -> list[dict]:
    """Runs a statement and returns all rows of its result."""
    checked("query", sql)
    if database is not None:
        checked("database", database)
    parameters = parameters_of(args)
    try:
        return _all_rows(host.open(sql, parameters, database))
    except Err as error:
        raise QueryError(error.value.value) from None


def _all_rows(reader: host.Reader) -> list[dict]:
    rows = []
    with reader:
        described = enumerate(reader.columns())
        nested = {place for place, column in described if column.database_type.startswith(_NESTED)}
        while (columns := reader.next(_ROWS_A_PIECE)) is not None:
            rows += result_rows(columns, nested)
    return rows
