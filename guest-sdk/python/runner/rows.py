"""Rows as plugins see them: a dict for each."""

import json
from collections.abc import Container

from wit_world.imports import types

from runner.columns import absent_rows, values_of
from runner.row_dicts import dicts


def table_batches(batches: list[types.TableBatch]) -> list[dict]:
    """Returns what `process_writes` takes: rows hold only what was written."""
    return [{"table_name": batch.table, "rows": _written_rows(batch)} for batch in batches]


def result_rows(columns: list[types.Column], nested: Container[int] = ()) -> list[dict]:
    """Returns one piece of a query's result, with None for null.

    The columns at the places `nested` are JSON: lists and the like.
    """
    names = []
    sequences = []
    for place, column in enumerate(columns):
        values = values_of(column.values)
        if place in nested:
            values = [json.loads(value or "null") for value in values]
        for row in absent_rows(column.validity, len(values)):
            values[row] = None
        names.append(column.name)
        sequences.append(values)
    return dicts(names, sequences)


def _written_rows(batch: types.TableBatch) -> list[dict]:
    columns = [table_column.column for table_column in batch.columns]
    names = [column.name for column in columns]
    rows = dicts(names, [values_of(column.values) for column in columns])
    # Taking out what is absent afterwards costs only as much as is absent;
    # most batches have nothing of the kind.
    for column in columns:
        for row in absent_rows(column.validity, batch.rows):
            del rows[row][column.name]
    return rows

