"""
{
    "plugin_type": ["onwrite"],
    "onwrite_args_config": [
        {"name": "checks", "example": "usage>=90@ERROR usage>=75@WARN", "description": "Field, operator, limit and level of each check.", "required": true},
        {"name": "consecutive", "example": "3", "description": "Breaches in a row before a check alerts; 1 by default.", "required": false},
        {"name": "message", "example": "{field} of {series} is {value}", "description": "Text of an alert.", "required": false},
        {"name": "target", "example": "threshold_alerts", "description": "Table for alerts; threshold_alerts by default.", "required": false},
        {"name": "webhook_url", "example": "https://example.com/hook", "description": "Where alerts are sent by POST.", "required": false}
    ]
}
"""

import json
import math
import operator
import re
import urllib.request
import uuid
from typing import NamedTuple

OPERATORS = {
    ">=": operator.ge, "<=": operator.le, "==": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
CHECK = re.compile(r"([^\s<>=!@]+)(>=|<=|==|!=|>|<)([^\s@]+)@(INFO|WARN|ERROR)")
MESSAGE = "{table}: {field} of {series} is {value} ({check} {state})"
PLACEHOLDERS = ("table", "series", "field", "value", "check", "level", "state", "count")
# Key in the cache: breaches in a row, by table, check and tags. What is fine is not kept.
COUNTS = "counts"


class Check(NamedTuple):
    text: str
    field: str
    operator: str
    limit: object
    level: str


def process_writes(influxdb3_local, table_batches, args=None):
    task = uuid.uuid4().hex[:8]
    settings = read_arguments(args or {})
    counts = influxdb3_local.cache.get(COUNTS, {})
    alerts = []
    for batch in table_batches:
        # A trigger on all tables may get the alerts as well.
        if batch["table_name"] != settings["target"]:
            alerts += alerts_of(influxdb3_local, task, settings, batch, counts)
    for alert in alerts:
        level = alert["level"] if alert["state"] == "breached" else "INFO"
        getattr(influxdb3_local, level.lower())(f"[{task}] {alert['text']}")
        influxdb3_local.write(line(settings["target"], alert))
    influxdb3_local.cache.put(COUNTS, counts)
    if alerts and settings["webhook_url"]:
        notify(influxdb3_local, task, settings["webhook_url"], alerts)


def read_arguments(args):
    checks = [read_check(text) for text in args.get("checks", "").split()]
    if not checks:
        raise ValueError("argument 'checks' is missing; add for example checks=usage>=90@ERROR")
    consecutive = args.get("consecutive", "1")
    if not re.fullmatch(r"[1-9]\d{0,5}", consecutive):
        raise ValueError(f"argument 'consecutive' is '{consecutive}'; use a whole number from 1")
    message = args.get("message", MESSAGE)
    try:
        message.format(**dict.fromkeys(PLACEHOLDERS, ""))
    except (LookupError, ValueError, AttributeError) as error:
        known = ", ".join(PLACEHOLDERS)
        raise ValueError(f"argument 'message' cannot be filled in ({error}); there are {known}") from None
    url = args.get("webhook_url")
    if url and not re.match(r"https?://[^/\s]", url):
        raise ValueError("argument 'webhook_url' must start with http:// or https:// and a host")
    target = args.get("target", "threshold_alerts")
    return {"checks": checks, "consecutive": int(consecutive), "message": message, "target": target, "webhook_url": url}


def read_check(text):
    match = CHECK.fullmatch(text)
    if match is None:
        raise ValueError(f"argument 'checks' has '{text}'; write field, operator, limit and level: usage>=90@ERROR")
    return Check(text.rpartition("@")[0], match[1], match[2], read_limit(match[3]), match[4])


def read_limit(text):
    if text in ("true", "false"):
        return text == "true"
    return float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.I) else text.strip('"')


def alerts_of(influxdb3_local, task, settings, batch, counts):
    """Returns what the rows of a table change, and counts their breaches."""
    table, alerts, unlike = batch["table_name"], [], {}
    tags = tags_of(influxdb3_local, table)
    for row in sorted(batch["rows"], key=lambda row: row["time"]):
        series = tuple((tag, row[tag]) for tag in tags if row.get(tag))
        for check in settings["checks"]:
            value = row.get(check.field)
            if value is None:
                continue
            if kind(value) is not kind(check.limit):
                unlike[check.text] = value
                continue
            key = (table, check.text, series)
            state, count = counted(counts, key, OPERATORS[check.operator](value, check.limit), settings["consecutive"])
            if state:
                alert = dict(table=table, field=check.field, value=value, check=check.text, level=check.level)
                alert |= dict(series=name_of(series), state=state, count=count)
                text = settings["message"].format(**{name: str(part) for name, part in alert.items()})
                alerts.append(alert | {"text": text, "tags": dict(series), "time": row["time"]})
    for check, value in unlike.items():
        influxdb3_local.warn(f"[{task}] '{check}' does not suit table '{table}': there is {value!r}")
    return alerts


def counted(counts, key, breached, enough):
    """Counts one value. Returns the state it leads to, if that is another one, and the breaches in a row."""
    before = counts.pop(key, 0)
    if not breached:
        return ("ok" if before >= enough else None), 0
    counts[key] = before + 1
    return ("breached" if before + 1 == enough else None), before + 1


def kind(value):
    return float if type(value) is int else type(value)


def name_of(series):
    return ", ".join(f"{tag}={value}" for tag, value in series) or "all rows"


def tags_of(influxdb3_local, table):
    rows = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table", {"table": table}
    )
    return [row["column_name"] for row in rows if row["data_type"].startswith("Dictionary")]


def line(target, alert):
    builder = LineBuilder(target).time_ns(alert["time"])
    for tag, value in {**alert["tags"], "watched": alert["table"], "check": alert["check"]}.items():
        builder.tag(tag, value)
    for name in ("level", "state", "text"):
        builder.string_field(name, alert[name])
    if kind(alert["value"]) is float and math.isfinite(alert["value"]):
        builder.float64_field("value", alert["value"])
    return builder


def notify(influxdb3_local, task, url, alerts):
    """Sends all alerts of a run as one request; `text` is what chat services show."""
    body = json.dumps({"text": "\n".join(alert["text"] for alert in alerts), "alerts": alerts}).encode()
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            influxdb3_local.info(f"[{task}] sent {len(alerts)} alerts")
    # Whatever goes wrong here, the alerts in the table must not be lost with it.
    except Exception as error:
        influxdb3_local.error(f"[{task}] alerts not sent to webhook_url: {error}")
