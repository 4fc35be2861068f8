"""
{
    "plugin_type": ["scheduled"],
    "scheduled_args_config": [
        {"name": "source", "example": "cpu", "description": "Table to read.", "required": true},
        {"name": "target", "example": "cpu_10s", "description": "Table to write.", "required": true},
        {"name": "window", "example": "10s", "description": "Length of a window: s, m, h or d.", "required": true},
        {"name": "aggregate", "example": "avg", "description": "avg, count, max, median, min, stddev or sum.", "required": false}
    ]
}
"""

import re
from datetime import datetime, timezone

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
# Whether the result of an aggregate has the type of its field.
AGGREGATES = {"avg": False, "count": False, "max": True, "median": False, "min": True, "stddev": False, "sum": True}
NUMERIC = ("Int64", "UInt64", "Float64")


def process_scheduled_call(influxdb3_local, call_time, args=None):
    source, target, window, aggregate = read_arguments(args or {})
    tags, fields = columns_of(influxdb3_local, source)
    if not fields:
        influxdb3_local.warn(f"table '{source}' has no numeric fields yet, nothing to downsample")
        return
    # Only whole windows: the point of one that is still open would change.
    end = int(call_time.replace(tzinfo=timezone.utc).timestamp()) // window * window
    sql = statement(source, tags, fields, window, aggregate)
    rows = influxdb3_local.query(sql, {"start": rfc3339(end - window), "end": rfc3339(end)})
    written = 0
    for row in rows:
        line = point(target, row, tags, fields, aggregate)
        if line is not None:
            influxdb3_local.write(line)
            written += 1
    influxdb3_local.info(f"wrote {written} points to '{target}' for the {window} s before {rfc3339(end)}")


def read_arguments(args):
    """Returns source, target, seconds a window and aggregate."""
    for name in ("source", "target", "window"):
        if not args.get(name):
            raise ValueError(f"argument '{name}' is missing; add {name}=... to the trigger's arguments")
    if args["source"] == args["target"]:
        raise ValueError("argument 'target' is the source itself; name another table, such as "
                         f"{args['source']}_{args['window']}")  # fmt: skip
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", args["window"])
    if match is None:
        raise ValueError(f"argument 'window' is '{args['window']}'; use a number and a unit, such as 10s, 5m, 1h or 1d")
    aggregate = args.get("aggregate", "avg")
    if aggregate not in AGGREGATES:
        raise ValueError(f"argument 'aggregate' is '{aggregate}'; use one of {', '.join(AGGREGATES)}")
    return args["source"], args["target"], int(match[1]) * SECONDS[match[2]], aggregate


def columns_of(influxdb3_local, table):
    """Returns the names of a table's tags, and its numeric fields with their types."""
    rows = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table", {"table": table}
    )
    tags = [row["column_name"] for row in rows if row["data_type"].startswith("Dictionary")]
    fields = {row["column_name"]: row["data_type"] for row in rows if row["data_type"] in NUMERIC}
    return tags, fields


def statement(source, tags, fields, window, aggregate):
    """Returns the query for one window, with a column for each tag and field."""
    values = [f"{aggregate}({quoted(name)}) AS {quoted(name)}" for name in fields]
    groups = ["_time", *map(quoted, tags)]
    bin_start = f"DATE_BIN(INTERVAL '{window} seconds', time, '1970-01-01T00:00:00Z') AS _time"
    return (
        f"SELECT {', '.join([bin_start, *map(quoted, tags), *values])} FROM {quoted(source)}"
        f" WHERE time >= $start AND time < $end GROUP BY {', '.join(groups)}"
    )


def point(target, row, tags, fields, aggregate):
    """Returns the line for a row, or None if no field has a value in it."""
    line = LineBuilder(target).time_ns(row["_time"])
    for tag in tags:
        if row.get(tag) is not None:
            line.tag(tag, row[tag])
    for name, data_type in fields.items():
        if row.get(name) is not None:
            add_field(line, name, row[name], result_type(aggregate, data_type))
    return line if line.fields else None


def result_type(aggregate, data_type):
    if aggregate == "count":
        return "Int64"
    return data_type if AGGREGATES[aggregate] else "Float64"


def add_field(line, name, value, data_type):
    if data_type == "Int64":
        line.int64_field(name, value)
    elif data_type == "UInt64":
        line.uint64_field(name, value)
    else:
        line.float64_field(name, value)


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
