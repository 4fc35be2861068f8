"""
{
    "plugin_type": ["scheduled"],
    "scheduled_args_config": [
        {"name": "signals", "example": "temperature=sine/1h/5/20 door=square/10m", "description": "Name, shape and period of each signal, then amplitude (1) and offset (0).", "required": true},
        {"name": "span", "example": "10s", "description": "How much time a call fills: as often as the trigger runs.", "required": true},
        {"name": "step", "example": "1s", "description": "Time between points; the span by default.", "required": false},
        {"name": "seed", "example": "7", "description": "Another seed, another noise; 0 by default.", "required": false},
        {"name": "target", "example": "signals", "description": "Table to write; signals by default.", "required": false}
    ]
}
"""

import math
import random
import re
import uuid
from datetime import timezone
from typing import NamedTuple

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NANOSECONDS = 1_000_000_000
MOST_POINTS = 10_000
# Values from -1 to 1, by the part of the period that has passed.
SHAPES = {
    "sine": lambda phase: math.sin(2 * math.pi * phase),
    "square": lambda phase: 1.0 if phase < 0.5 else -1.0,
    "sawtooth": lambda phase: 2 * phase - 1,
}


class Signal(NamedTuple):
    name: str
    shape: str
    period: int
    amplitude: float
    offset: float


def process_scheduled_call(influxdb3_local, call_time, args=None):
    task = uuid.uuid4().hex[:8]
    args = args or {}
    signals = read_signals(args)
    span, step = read_span(args, len(signals))
    end = int(call_time.replace(tzinfo=timezone.utc).timestamp())
    # Steps are counted from 1970, so that spans join whatever they start with.
    first = -(-(end - span) // step) * step
    for signal in signals:
        for second in range(first, end, step):
            line = LineBuilder(args.get("target", "signals")).tag("signal", signal.name)
            line.float64_field("value", value_at(signal, second, args.get("seed", "0")))
            influxdb3_local.write(line.time_ns(second * NANOSECONDS))
    influxdb3_local.info(f"[{task}] wrote {len(signals)} signals for the {span} s before {call_time}")


def read_signals(args):
    signals = [read_signal(text) for text in args.get("signals", "").split()]
    if not signals:
        raise ValueError("argument 'signals' is missing; add for example signals=temperature=sine/1h/5/20")
    if len({signal.name for signal in signals}) < len(signals):
        raise ValueError("argument 'signals' has the same name twice")
    return signals


def read_signal(text):
    name, _, rest = text.partition("=")
    shape, *numbers = rest.split("/")
    if not name or not 1 <= len(numbers) <= 3 or shape not in (*SHAPES, "noise"):
        form = f"name=shape/period/amplitude/offset, where shape is {', '.join((*SHAPES, 'noise'))}"
        raise ValueError(f"argument 'signals' has '{text}'; write {form}")
    period, *levels = numbers
    amplitude, offset = (*map(number, levels), *(1.0, 0.0)[len(levels) :])
    return Signal(name, shape, seconds("signals", period), amplitude, offset)


def read_span(args, signals):
    span = seconds("span", args.get("span", ""))
    step = seconds("step", args.get("step", args["span"]))
    if step > span:
        raise ValueError(f"argument 'step' must not be longer than 'span', which is {args['span']}")
    points = signals * span // step
    if points > MOST_POINTS:
        raise ValueError(f"arguments make {points} points a call; {MOST_POINTS} are the most, so use a longer step")
    return span, step


def seconds(name, text):
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise ValueError(f"argument '{name}' has '{text}' for a time; use a number and s, m, h or d, such as 10s")
    return int(match[1]) * SECONDS[match[2]]


def number(text):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"argument 'signals' has '{text}' where a number should be")
    return value


def value_at(signal, second, seed):
    """Returns a signal's value, always the same for the same time."""
    if signal.shape == "noise":
        # One value per period, which nothing but its own number decides.
        level = random.Random(f"{seed} {signal.name} {second // signal.period}").uniform(-1, 1)
    else:
        level = SHAPES[signal.shape](second % signal.period / signal.period)
    return signal.offset + signal.amplitude * level
