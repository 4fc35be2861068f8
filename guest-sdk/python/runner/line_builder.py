"""`LineBuilder`, as plugins know it from InfluxDB 3.

What it builds is the same byte for byte, oddities included (`int64_field` of
1.5 gives `1.5i`). One thing is stricter: a newline that would start another
line is refused where it is set, since it could smuggle in a point of someone
else's choosing.
"""

from collections import OrderedDict
from functools import lru_cache

# A plugin builds thousands of lines from the same few keys and tag values.
_REMEMBERED = 1024


class InfluxDBError(Exception):
    """Base of what `LineBuilder` raises."""

    __module__ = "builtins"


class InvalidMeasurementError(InfluxDBError):
    """The measurement's name cannot be used."""

    __module__ = "builtins"


class InvalidKeyError(InfluxDBError):
    """A tag's or a field's key cannot be used."""

    __module__ = "builtins"


class InvalidLineError(InfluxDBError):
    """The line cannot be built."""

    __module__ = "builtins"


class LineBuilder:
    """Builds one line of line protocol."""

    __module__ = "builtins"

    def __init__(self, measurement: str):
        if " " in measurement:
            raise InvalidMeasurementError("Measurement name cannot contain spaces")
        if "\n" in measurement:
            raise InvalidMeasurementError("Measurement name cannot contain newlines")
        self.measurement = measurement
        self.tags: OrderedDict[str, str] = OrderedDict()
        self.fields: OrderedDict[str, str] = OrderedDict()
        self._timestamp_ns: int | None = None

    def tag(self, key: str, value: str) -> "LineBuilder":
        _check_tag_key(key)
        text = str(value)
        if "\n" in text:
            raise InvalidLineError(f"value of tag '{key}' cannot contain newlines")
        self.tags[key] = text
        return self

    def int64_field(self, key: str, value: int) -> "LineBuilder":
        _check_field_key(key)
        self.fields[key] = f"{value}i"
        return self

    def uint64_field(self, key: str, value: int) -> "LineBuilder":
        _check_field_key(key)
        if value < 0:
            raise ValueError(f"uint64 field '{key}' cannot be negative")
        self.fields[key] = f"{value}u"
        return self

    def float64_field(self, key: str, value: float) -> "LineBuilder":
        _check_field_key(key)
        self.fields[key] = f"{int(value)}.0" if value % 1 == 0 else str(value)
        return self

    def string_field(self, key: str, value: str) -> "LineBuilder":
        _check_field_key(key)
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        self.fields[key] = f'"{escaped}"'
        return self

    def bool_field(self, key: str, value: bool) -> "LineBuilder":
        _check_field_key(key)
        self.fields[key] = "t" if value else "f"
        return self

    def time_ns(self, timestamp_ns: int) -> "LineBuilder":
        self._timestamp_ns = timestamp_ns
        return self

    def build(self) -> str:
        line = self.measurement.replace(",", "\\,").replace(" ", "\\ ")
        for key, value in self.tags.items():
            line += f",{key}={_escaped(value)}"
        if not self.fields:
            raise InvalidLineError(f"At least one field is required: {line}")
        line += " " + ",".join([f"{_escaped(key)}={value}" for key, value in self.fields.items()])
        if self._timestamp_ns is not None:
            line += f" {self._timestamp_ns}"
        return line


@lru_cache(_REMEMBERED)
def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace(",", "\\,")
    return text.replace("=", "\\=").replace(" ", "\\ ")


@lru_cache(_REMEMBERED)
def _check_tag_key(key: str) -> None:
    _check_key(key, "tag")


@lru_cache(_REMEMBERED)
def _check_field_key(key: str) -> None:
    _check_key(key, "field")


def _check_key(key: str, kind: str) -> None:
    if not key:
        raise InvalidKeyError(f"{kind} key cannot be empty")
    for character, name in ((" ", "spaces"), (",", "commas"), ("=", "equals signs"), ("\n", "newlines")):
        if character in key:
            raise InvalidKeyError(f"{kind} key '{key}' cannot contain {name}")
