"""Turns the byte counters of network interfaces into rates.

A plugin that its author compiles to a component: it uses the bindings of
world `on-schedule-plugin` as they are generated.
"""

import json
import traceback

from componentize_py_types import Err
from wit_world.imports import log, query, types, write

from columns import values_of
from rates import rate_line

SAMPLES = """
SELECT host, interface, time, received_bytes, sent_bytes FROM network
WHERE time > $oldest AND time <= $newest ORDER BY time
"""
DEFAULT_LOOKBACK_SECONDS = 300
ROWS_A_PIECE = 4096


class OnSchedule:
    """The component's one export."""

    def handle(self, scheduled, arguments):
        try:
            run(scheduled, dict(arguments or ()))
        except Err as error:
            raise Err(failure_of(error.value)) from None
        except Exception as error:
            detail = types.FailureDetail(f"{type(error).__name__}: {error}", traceback.format_exc())
            raise Err(types.Failure_TryAgain(detail)) from None


def run(scheduled, arguments):
    """Writes a rate for each interface that has two samples."""
    lookback = lookback_of(arguments)
    lines = []
    for series, samples in last_two(scheduled - lookback * 1_000_000_000, scheduled).items():
        line = rate_line(series, samples)
        if line is not None:
            lines.append(line)
    if lines:
        write.stage("\n".join(lines), None)
    log.write(log.Level.INFO, f"wrote the rates of {len(lines)} interfaces")


def lookback_of(arguments):
    """Returns for how many seconds before the call samples count."""
    text = arguments.get("lookback_seconds", str(DEFAULT_LOOKBACK_SECONDS))
    if not (text.isascii() and text.isdigit() and 1 <= len(text) <= 6):
        message = f"argument lookback_seconds is {json.dumps(text)}; use whole seconds, such as 300"
        raise Err(types.Failure_Invalid(types.FailureDetail(message, None)))
    return int(text)


def last_two(oldest, newest):
    """Returns the last two samples of each series: times and both counters."""
    parameters = [("oldest", types.Value_Time(oldest)), ("newest", types.Value_Time(newest))]
    series = {}
    with query.open(SAMPLES, parameters, None) as reader:
        while (piece := reader.next(ROWS_A_PIECE)) is not None:
            for host, interface, *sample in zip(*map(values_of, piece)):
                if None not in sample:
                    key = (host, interface)
                    series[key] = (*series.get(key, ())[-1:], tuple(sample))
    return series


def failure_of(value):
    """Returns the failure that the host's refusal stands for."""
    if isinstance(value, (types.Failure_Invalid, types.Failure_TryAgain)):
        return value
    if isinstance(value, write.WriteError_BadLine):
        text = f"line {value.value.line}: {value.value.reason}"
    else:
        text = value.value
    hopeless = (query.QueryError_Invalid, write.WriteError_BadLine, write.WriteError_Invalid)
    kind = types.Failure_Invalid if isinstance(value, hopeless) else types.Failure_TryAgain
    return kind(types.FailureDetail(text, None))
