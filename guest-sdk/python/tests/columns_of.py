"""Columns as the host would send them."""

from struct import pack

from wit_world.imports import types


def column(name, values, validity=b""):
    return types.Column(name, validity, values)


def text(*values):
    offsets, data = [0], b""
    for value in values:
        data += value.encode()
        offsets.append(len(data))
    return types.TextBuffer(u32(*offsets), data)


def coded(codes, *dictionary):
    return types.ColumnValues_Coded(types.CodedText(u32(*codes), text(*dictionary)))


def i64(*values):
    return types.ColumnValues_I64(pack(f"<{len(values)}q", *values))


def u64(*values):
    return types.ColumnValues_U64(pack(f"<{len(values)}Q", *values))


def f64(*values):
    return types.ColumnValues_F64(pack(f"<{len(values)}d", *values))


def time(*values):
    return types.ColumnValues_Time(pack(f"<{len(values)}q", *values))


def u32(*values):
    return pack(f"<{len(values)}I", *values)


def batch(table, rows, *columns):
    return types.TableBatch(table, rows, [types.TableColumn(None, column) for column in columns])
