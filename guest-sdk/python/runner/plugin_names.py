"""Names that plugins use without importing them."""

import builtins

from runner.line_builder import (
    InfluxDBError,
    InvalidKeyError,
    InvalidLineError,
    InvalidMeasurementError,
    LineBuilder,
)
from runner.query import QueryError


def install() -> None:
    """Puts them where every module finds them.

    InfluxDB 3 does so for `LineBuilder` only, which is why plugins cannot say
    `except QueryError` there. Here they can.
    """
    for name in (LineBuilder, InfluxDBError, InvalidMeasurementError, InvalidKeyError, InvalidLineError, QueryError):
        setattr(builtins, name.__name__, name)
