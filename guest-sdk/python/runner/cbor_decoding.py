"""CBOR to values.

The bytes may have been written by another trigger of the tenant, in another
language. Nothing is allocated by a length before the bytes are seen to be there.
"""

from struct import unpack

from runner.cbor import ARRAY, BYTES, DEPTH, MAP, NEGATIVE, TAG, TEXT, UNSIGNED, CborError
from runner.cbor_tags import TAG_READERS

_ARGUMENTS = {24: (1, ">B"), 25: (2, ">H"), 26: (4, ">I"), 27: (8, ">Q")}
_FLOATS = {25: (2, ">e"), 26: (4, ">f"), 27: (8, ">d")}
_SIMPLE = {20: False, 21: True, 22: None}


def decode(data: bytes) -> object:
    """Returns the value that `data` holds, all of it; raises CborError."""
    reader = _Reader(data)
    try:
        value = reader.value(DEPTH)
    except CborError:
        raise
    except (ArithmeticError, TypeError, ValueError) as error:
        raise CborError(f"not a value of the shared encoding: {error}") from None
    if reader.position != len(data):
        raise CborError("bytes follow the value")
    return value


class _Reader:
    def __init__(self, data: bytes):
        self.data = data
        self.position = 0

    def value(self, depth: int):
        if depth == 0:
            raise CborError(f"nested deeper than {DEPTH} levels")
        (first,) = self._take(1)
        major, info = first >> 5, first & 31
        if major > TAG:
            return self._simple(info)
        number = self._argument(info)
        if major == UNSIGNED:
            return number
        if major == NEGATIVE:
            return ~number
        if major == BYTES:
            return self._take(number)
        if major == TEXT:
            return self._take(number).decode()
        if major == TAG:
            return self._tagged(number, depth - 1)
        return self._container(major, number, depth - 1)

    def _take(self, count: int) -> bytes:
        end = self.position + count
        if end > len(self.data):
            raise CborError("ends too early")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def _argument(self, info: int) -> int:
        if info < 24:
            return info
        if info not in _ARGUMENTS:
            raise CborError("indefinite and reserved lengths are not allowed")
        size, code = _ARGUMENTS[info]
        return unpack(code, self._take(size))[0]

    def _simple(self, info: int):
        if info in _FLOATS:
            size, code = _FLOATS[info]
            return unpack(code, self._take(size))[0]
        if info not in _SIMPLE:
            raise CborError("a simple value other than false, true and null")
        return _SIMPLE[info]

    def _container(self, major: int, count: int, depth: int):
        items = count if major == ARRAY else 2 * count
        if items > len(self.data) - self.position:
            raise CborError("ends too early")
        values = [self.value(depth) for _ in range(items)]
        if major == ARRAY:
            return values
        mapping = dict(zip(values[::2], values[1::2]))
        if len(mapping) != count:
            raise CborError("a key twice in one map")
        return mapping

    def _tagged(self, tag: int, depth: int):
        if tag not in TAG_READERS:
            raise CborError(f"tag {tag} is not part of the shared encoding")
        return TAG_READERS[tag](self.value(depth))


assert MAP == ARRAY + 1 and TAG == MAP + 1, "`value` tells containers by what is left"
