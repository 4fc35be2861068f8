"""Columns of the host, as lists of Python values with None for null."""

from struct import unpack

from wit_world.imports import types

FORMATS = {
    types.ColumnValues_I64: ("q", 8),
    types.ColumnValues_U64: ("Q", 8),
    types.ColumnValues_F64: ("d", 8),
    types.ColumnValues_Time: ("q", 8),
    types.ColumnValues_Boolean: ("?", 1),
}


def values_of(column):
    """Returns the values of a column."""
    values = decoded(column.values)
    if column.validity:
        present = int.from_bytes(column.validity, "little")
        values = [value if present >> row & 1 else None for row, value in enumerate(values)]
    return values


def decoded(values):
    if isinstance(values, types.ColumnValues_Text):
        return texts(values.value)
    if isinstance(values, types.ColumnValues_Coded):
        dictionary = texts(values.value.dictionary) or [""]
        return [dictionary[code] for code in numbers(values.value.codes, "I", 4)]
    return numbers(values.value, *FORMATS[type(values)])


def texts(buffer):
    offsets = numbers(buffer.offsets, "I", 4)
    return [buffer.bytes[start:end].decode() for start, end in zip(offsets, offsets[1:])]


def numbers(data, code, size):
    return list(unpack(f"<{len(data) // size}{code}", data))
