"""Parameters of a query, as the host takes them."""

from datetime import datetime, timedelta, timezone

from wit_world.imports import types

from runner.text import checked

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)
_I64 = range(-(1 << 63), 1 << 63)
_U64 = range(1 << 64)


def parameters_of(args: dict | None) -> list[tuple[str, types.Value]]:
    """Returns `args` of a query as typed values.

    InfluxDB 3 takes text only; this takes None, bool, int, float and datetime
    as well.
    """
    if args is None:
        return []
    if not isinstance(args, dict):
        raise TypeError(f"argument 'args': '{type(args).__name__}' object is not an instance of 'dict'")
    return [(checked("args", name), _value(name, value)) for name, value in args.items()]


def nanoseconds_of(moment: datetime) -> int:
    """Returns nanoseconds since 1970; a datetime without a time zone is UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) // _MICROSECOND * 1000


def _value(name: str, value: object) -> types.Value:
    if value is None:
        return types.Value_Null()
    if isinstance(value, str):
        return types.Value_Text(checked(name, value))
    if isinstance(value, bool):
        return types.Value_Boolean(value)
    if isinstance(value, int):
        return _integer(name, value)
    if isinstance(value, float):
        return types.Value_F64(value)
    if isinstance(value, datetime):
        return _time(name, value)
    raise TypeError(
        f"query parameter '{name}' is of type '{type(value).__name__}';"
        " use str, int, float, bool, datetime or None"
    )


def _integer(name: str, value: int) -> types.Value:
    if value in _I64:
        return types.Value_I64(value)
    if value in _U64:
        return types.Value_U64(value)
    raise OverflowError(f"query parameter '{name}' does not fit into 64 bits")


def _time(name: str, value: datetime) -> types.Value:
    nanoseconds = nanoseconds_of(value)
    if nanoseconds not in _I64:
        raise OverflowError(f"query parameter '{name}' is not between the years 1678 and 2262")
    return types.Value_Time(nanoseconds)
