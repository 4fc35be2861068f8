"""
{
    "plugin_type": ["onwrite"],
    "onwrite_args_config": [
        {"name": "conversions", "example": "fahrenheit:degF->degC=celsius speed:mph->km/h", "description": "Field, its unit, the unit wanted, and a new name if any.", "required": true},
        {"name": "target", "example": "weather_metric", "description": "Table to write; by default the table's name and _converted.", "required": false}
    ]
}
"""

import math
import re
import uuid
from typing import NamedTuple

import pint

UNITS = pint.get_application_registry()
# It reads its definitions when it is first used: here, which is done once where plugins are kept loaded.
UNITS.Unit("meter")
CONVERSION = re.compile(r"(?P<field>[^\s:=]+):(?P<unit>[^\s=]+?)->(?P<wanted>[^\s=]+)(=(?P<name>[^\s=]+))?")


class Conversion(NamedTuple):
    field: str
    unit: pint.Unit
    wanted: pint.Unit
    name: str


def process_writes(influxdb3_local, table_batches, args=None):
    task = uuid.uuid4().hex[:8]
    args = args or {}
    conversions = [read_conversion(text) for text in args.get("conversions", "").split()]
    check_conversions(conversions)
    for batch in table_batches:
        table = batch["table_name"]
        target = args.get("target", f"{table}_converted")
        # What it writes itself must not come back to be converted once more.
        if table == target or table.endswith("_converted"):
            continue
        tags = tags_of(influxdb3_local, table)
        written, unlike = 0, {}
        for row in batch["rows"]:
            fields = converted(row, conversions, unlike)
            if fields:
                influxdb3_local.write(line(target, row, tags, fields))
                written += 1
        for field, value in unlike.items():
            influxdb3_local.warn(f"[{task}] {table}: {field} cannot be converted, such as {value!r}")
        influxdb3_local.info(f"[{task}] wrote {written} of {len(batch['rows'])} rows of '{table}' to '{target}'")


def read_conversion(text):
    match = CONVERSION.fullmatch(text)
    if match is None:
        raise ValueError(f"argument 'conversions' has '{text}'; write field:unit->unit, such as temperature:degF->degC")
    try:
        unit, wanted = UNITS.Unit(match["unit"]), UNITS.Unit(match["wanted"])
        UNITS.convert(1.0, unit, wanted)
    # Its parser raises whatever comes of what it is given.
    except Exception as error:
        raise ValueError(f"argument 'conversions' has '{text}': {error}") from None
    return Conversion(match["field"], unit, wanted, match["name"] or match["field"])


def check_conversions(conversions):
    if not conversions:
        raise ValueError("argument 'conversions' is missing; add for example conversions=temperature:degF->degC")
    names = [conversion.name for conversion in conversions]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"argument 'conversions' makes '{name}' twice; rename one, such as field:m->km={name}_km")


def converted(row, conversions, unlike):
    """Returns a row's fields in the units wanted; what is not a number is put into `unlike`."""
    fields = {}
    for conversion in conversions:
        value = row.get(conversion.field)
        if value is None:
            continue
        number = UNITS.convert(value, conversion.unit, conversion.wanted) if type(value) in (int, float) else math.nan
        if math.isfinite(number):
            fields[conversion.name] = number
        else:
            unlike[conversion.field] = value
    return fields


def tags_of(influxdb3_local, table):
    rows = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table", {"table": table}
    )
    return [row["column_name"] for row in rows if row["data_type"].startswith("Dictionary")]


def line(target, row, tags, fields):
    builder = LineBuilder(target).time_ns(row["time"])
    for tag in tags:
        if row.get(tag):
            builder.tag(tag, row[tag])
    for name, value in fields.items():
        builder.float64_field(name, value)
    return builder
