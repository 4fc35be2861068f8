"""
{
    "plugin_type": ["onwrite"],
    "onwrite_args_config": [
        {"name": "config_file_path", "example": "rules.toml", "description": "File with the rules, from PLUGIN_DIR.", "required": false},
        {"name": "rules", "example": "[tables.cpu.columns.usage]", "description": "The rules themselves, if there is no file.", "required": false},
        {"name": "dead_letters", "example": "dead_letters", "description": "Table for bad rows; dead_letters by default.", "required": false}
    ]
}
"""

import json
import os
import re
import tomllib
import uuid

KINDS = {"text": str, "int": int, "float": float, "bool": bool, "number": (int, float)}
TABLE_KEYS = {"target", "extra_columns", "columns"}
# For a table that is not there yet, as in InfluxDB's test runs.
GUESSES = {bool: "Boolean", int: "Int64", float: "Float64"}
RULE_KEYS = {"type", "required", "min", "max", "pattern", "values"}


def process_writes(influxdb3_local, table_batches, args=None):
    task = uuid.uuid4().hex[:8]
    args = args or {}
    dead_letters = args.get("dead_letters", "dead_letters")
    tables = read_rules(args)
    check_rules(tables, dead_letters)
    for batch in table_batches:
        table, rows = batch["table_name"], batch["rows"]
        if table not in tables:
            continue
        types = types_of(influxdb3_local, table)
        bad = 0
        for row in rows:
            reasons = reasons_against(row, tables[table])
            if reasons:
                bad += 1
                influxdb3_local.write(dead_letter(dead_letters, table, row, types, reasons))
            else:
                influxdb3_local.write(line(tables[table].get("target", f"{table}_valid"), row, types))
        log = influxdb3_local.warn if bad else influxdb3_local.info
        log(f"[{task}] {table}: {len(rows) - bad} rows are valid, {bad} went to '{dead_letters}'")


def read_rules(args):
    """Returns the rules by table, from the file or the argument."""
    if args.get("rules"):
        text, source = args["rules"], "argument 'rules'"
    elif args.get("config_file_path"):
        folder = os.environ.get("PLUGIN_DIR") or os.environ.get("INFLUXDB3_PLUGIN_DIR") or "."
        source = os.path.join(folder, args["config_file_path"])
        with open(source, encoding="utf-8") as file:
            text = file.read()
    else:
        raise ValueError("there are no rules; add config_file_path=rules.toml or rules=... to the trigger's arguments")
    try:
        return tomllib.loads(text).get("tables", {})
    except ValueError as error:
        raise ValueError(f"{source} is not TOML: {error}") from None


def check_rules(tables, dead_letters):
    """Raises ValueError for rules that cannot be meant, rather than letting every row pass or fail."""
    if not tables:
        raise ValueError("the rules name no table; add [tables.NAME.columns.NAME]")
    for table, rules in tables.items():
        if rules.keys() - TABLE_KEYS or not rules.get("columns"):
            raise ValueError(f"tables.{table} needs columns, and takes {', '.join(sorted(TABLE_KEYS))} only")
        if dead_letters in tables or rules.get("target") in tables:
            raise ValueError(f"rows of '{table}' would come back; write them to tables without rules")
        for column, rule in rules["columns"].items():
            where = f"tables.{table}.columns.{column}"
            if rule.keys() - RULE_KEYS:
                unknown = ", ".join(sorted(rule.keys() - RULE_KEYS))
                raise ValueError(f"{where} has {unknown}; it takes {', '.join(sorted(RULE_KEYS))}")
            if rule.get("type", "text") not in KINDS:
                raise ValueError(f"{where}.type is {rule['type']!r}; use one of {', '.join(KINDS)}")
            if any(type(rule.get(bound, 0)) not in (int, float) for bound in ("min", "max")):
                raise ValueError(f"{where}.min and max must be numbers")
            try:
                re.compile(rule.get("pattern", ""))
            except (re.error, TypeError) as error:
                raise ValueError(f"{where}.pattern: {error}") from None


def reasons_against(row, rules):
    """Returns what is wrong with a row."""
    columns = rules["columns"]
    reasons = [reason for name, rule in columns.items() if (reason := reason_against(name, row.get(name), rule))]
    if rules.get("extra_columns") is False:
        extra = sorted(name for name, value in row.items() if value is not None and name not in (*columns, "time"))
        reasons += [f"{name} is not in the schema" for name in extra]
    return reasons


def reason_against(name, value, rule):
    if value is None:
        return f"{name} is missing" if rule.get("required") else None
    kind = KINDS[rule["type"]] if "type" in rule else object
    # To Python, True is an int as well.
    if not isinstance(value, kind) or isinstance(value, bool) and kind not in (bool, object):
        return f"{name} is {value!r}, not {rule['type']}"
    if ("min" in rule or "max" in rule) and type(value) not in (int, float):
        return f"{name} is {value!r}, not a number"
    if "min" in rule and not value >= rule["min"]:
        return f"{name} is {value!r}, less than {rule['min']}"
    if "max" in rule and not value <= rule["max"]:
        return f"{name} is {value!r}, more than {rule['max']}"
    if "values" in rule and value not in rule["values"]:
        return f"{name} is {value!r}, not one of {rule['values']}"
    if "pattern" in rule and not re.fullmatch(rule["pattern"], str(value)):
        return f"{name} is {value!r}, not like {rule['pattern']}"
    return None


def types_of(influxdb3_local, table):
    rows = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table", {"table": table}
    )
    return {row["column_name"]: row["data_type"] for row in rows}


def line(target, row, types):
    """Returns the row as it was written, for another table."""
    builder = LineBuilder(target).time_ns(row["time"])
    add = {"Int64": builder.int64_field, "UInt64": builder.uint64_field, "Float64": builder.float64_field,
           "Boolean": builder.bool_field, "Utf8": builder.string_field}  # fmt: skip
    for name, value in row.items():
        if value is not None and name != "time":
            add.get(types.get(name, GUESSES.get(type(value))), builder.tag)(name, value)
    return builder


def dead_letter(target, table, row, types, reasons):
    builder = LineBuilder(target).time_ns(row["time"])
    for name, value in row.items():
        # Without its tags, a row could take the place of another one of the same time.
        if types.get(name, "").startswith("Dictionary") and value:
            builder.tag(name, value)
    builder.tag("rejected_by", table).string_field("reason", "; ".join(reasons))
    return builder.string_field("row", json.dumps(row))
