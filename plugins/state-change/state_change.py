"""
{
    "plugin_type": ["onwrite", "scheduled"],
    "onwrite_args_config": [
        {"name": "field", "example": "open", "description": "Field whose changes are counted.", "required": true},
        {"name": "window", "example": "10m", "description": "Within how long: a number and s, m, h or d.", "required": true},
        {"name": "limit", "example": "5", "description": "How many changes are still fine.", "required": true},
        {"name": "target", "example": "change_alerts", "description": "Table for alerts; change_alerts by default.", "required": false}
    ],
    "scheduled_args_config": [
        {"name": "table", "example": "door", "description": "Table to look at.", "required": true},
        {"name": "field", "example": "open", "description": "Field whose changes are counted.", "required": true},
        {"name": "window", "example": "10m", "description": "How far back to look: a number and s, m, h or d.", "required": true},
        {"name": "limit", "example": "5", "description": "How many changes are still fine.", "required": true},
        {"name": "target", "example": "change_alerts", "description": "Table for alerts; change_alerts by default.", "required": false}
    ]
}
"""

import re
import uuid
from collections import deque
from datetime import datetime, timezone
from typing import NamedTuple

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NANOSECONDS = 1_000_000_000
# Key in the cache: the last value, its time and the times of changes, by table and tags.
SEEN = "seen"
# A series whose last row is older than the newest of all by so much is forgotten.
KEPT = 86400 * NANOSECONDS


class Settings(NamedTuple):
    field: str
    window: int
    limit: int
    target: str
    task: str


def process_writes(influxdb3_local, table_batches, args=None):
    """Counts changes as they come, and remembers them from run to run."""
    settings = settings_of(args or {}, ("field", "window", "limit"))
    seen = influxdb3_local.cache.get(SEEN, {})
    for batch in table_batches:
        # A trigger on all tables may get the alerts as well.
        if batch["table_name"] != settings.target:
            tags, _ = columns_of(influxdb3_local, batch["table_name"])
            count_changes(influxdb3_local, settings, (batch["table_name"], tags, batch["rows"]), seen)
    newest = max((time for _, time, _ in seen.values()), default=0)
    oldest = newest - max(KEPT, settings.window * NANOSECONDS)
    influxdb3_local.cache.put(SEEN, {key: state for key, state in seen.items() if state[1] >= oldest})


def process_scheduled_call(influxdb3_local, call_time, args=None):
    """Counts the changes in the window before the call, from the table alone."""
    args = args or {}
    settings = settings_of(args, ("table", "field", "window", "limit"))
    tags, names = columns_of(influxdb3_local, args["table"])
    if settings.field not in names:
        influxdb3_local.warn(f"[{settings.task}] table '{args['table']}' has no field '{settings.field}' yet")
        return
    end = int(call_time.replace(tzinfo=timezone.utc).timestamp())
    rows = influxdb3_local.query(
        f"SELECT {', '.join(map(quoted, [*tags, settings.field, 'time']))} FROM {quoted(args['table'])}"
        " WHERE time >= $start AND time < $end",
        {"start": rfc3339(end - settings.window), "end": rfc3339(end)},
    )
    count_changes(influxdb3_local, settings, (args["table"], tags, rows), {})


def settings_of(args, required):
    """Returns the settings; ValueError says what is wrong with the arguments."""
    task = uuid.uuid4().hex[:8]
    for name in required:
        if not args.get(name):
            raise ValueError(f"argument '{name}' is missing; add {name}=... to the trigger's arguments")
    window = re.fullmatch(r"([1-9]\d{0,5})([smhd])", args["window"])
    if window is None:
        raise ValueError(f"argument 'window' is '{args['window']}'; use a number and s, m, h or d, such as 5m")
    if not re.fullmatch(r"[1-9]\d{0,3}", args["limit"]):
        raise ValueError(f"argument 'limit' is '{args['limit']}'; use a whole number from 1 to 9999")
    target = args.get("target", "change_alerts")
    if target == args.get("table"):
        raise ValueError("argument 'target' is the table itself; name another one")
    return Settings(args["field"], int(window[1]) * SECONDS[window[2]], int(args["limit"]), target, task)


def columns_of(influxdb3_local, table):
    """Returns the names of a table's tags, and of all its columns."""
    rows = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table", {"table": table}
    )
    tags = [row["column_name"] for row in rows if row["data_type"].startswith("Dictionary")]
    return tags, [row["column_name"] for row in rows]


def count_changes(influxdb3_local, settings, table_rows, seen):
    """Alerts on each series that changes more often than the limit."""
    table, tags, rows = table_rows
    late = 0
    for row in sorted(rows, key=lambda row: row["time"]):
        value, time = row.get(settings.field), row["time"]
        if value is None:
            continue
        series = tuple((tag, row[tag]) for tag in tags if row.get(tag))
        last, last_time, changes = seen.get((table, series), (value, None, ()))
        # Between two known values there is no telling what a third one changed.
        if last_time is not None and time <= last_time:
            late += 1
            continue
        # Holds one more than the limit: if it is full, its ends say how long they took.
        changes = deque(changes, maxlen=settings.limit + 1)
        if value != last:
            changes.append(time)
        if len(changes) > settings.limit and changes[-1] - changes[0] < settings.window * NANOSECONDS:
            alert(influxdb3_local, settings, (table, series), row)
            # So that the next alert takes as many changes again.
            changes.clear()
        seen[table, series] = (value, time, changes)
    if late:
        influxdb3_local.info(f"[{settings.task}] left out {late} rows of '{table}' that came late or twice")


def alert(influxdb3_local, settings, series, row):
    table, tags = series
    name = ", ".join(f"{tag}={value}" for tag, value in tags) or "all rows"
    changes = settings.limit + 1
    influxdb3_local.warn(
        f"[{settings.task}] {table}: {settings.field} of {name} changed {changes} times within {settings.window} s"
    )
    line = LineBuilder(settings.target).time_ns(row["time"])
    for tag, value in {**dict(tags), "watched": f"{table}.{settings.field}"}.items():
        line.tag(tag, value)
    influxdb3_local.write(line.int64_field("changes", changes).string_field("value", str(row[settings.field])))


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
