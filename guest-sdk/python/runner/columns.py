"""Columns of the host, as lists of Python values.

Measured in Wasm, where a call through a pointer is dear: a comprehension beats
`map` with a bound method, and each text is decoded as rarely as can be.
"""

from itertools import compress, pairwise
from struct import unpack

from wit_world.imports import types

_SET_BITS = bytes.maketrans(b"01", b"\x00\x01")


def values_of(values: types.ColumnValues) -> list:
    """Returns the values of a column, with something arbitrary where one is absent."""
    return _DECODERS[type(values)](values.value)


def absent_rows(validity: bytes, rows: int) -> list[int]:
    """Returns the rows without a value, given one bit a row (or none at all)."""
    if not validity:
        return []
    every_row = (1 << rows) - 1
    absent = ~int.from_bytes(validity, "little") & every_row
    if not absent:
        return []
    bits = f"{absent:0{rows}b}".encode()[::-1].translate(_SET_BITS)
    return list(compress(range(rows), bits))


def _numbers(code: str, size: int):
    def decode(data: bytes) -> list:
        return list(unpack(f"<{len(data) // size}{code}", data))

    return decode


def _text(buffer: types.TextBuffer) -> list[str]:
    data = buffer.bytes
    bounds = pairwise(_u32(buffer.offsets))
    if data.isascii():
        # In ASCII, offsets of bytes are offsets of characters.
        text = data.decode()
        return [text[start:end] for start, end in bounds]
    return [data[start:end].decode() for start, end in bounds]


def _coded(text: types.CodedText) -> list[str]:
    dictionary = _text(text.dictionary)
    if not dictionary:
        # Then no row has a value, yet every row has the code 0.
        dictionary = [""]
    return [dictionary[code] for code in _u32(text.codes)]


_u32 = _numbers("I", 4)
_i64 = _numbers("q", 8)
_DECODERS = {
    types.ColumnValues_I64: _i64,
    types.ColumnValues_U64: _numbers("Q", 8),
    types.ColumnValues_F64: _numbers("d", 8),
    types.ColumnValues_Boolean: _numbers("?", 1),
    types.ColumnValues_Text: _text,
    types.ColumnValues_Coded: _coded,
    types.ColumnValues_Time: _i64,
}
