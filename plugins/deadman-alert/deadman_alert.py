"""
{
    "plugin_type": ["scheduled"],
    "scheduled_args_config": [
        {"name": "table", "example": "cpu", "description": "Table to watch.", "required": true},
        {"name": "silence", "example": "10m", "description": "How long a series may send nothing: s, m, h or d.", "required": true},
        {"name": "lookback", "example": "1d", "description": "How far back a series is known; 1d by default.", "required": false},
        {"name": "target", "example": "deadman_alerts", "description": "Table for alerts; deadman_alerts by default.", "required": false},
        {"name": "webhook_url", "example": "https://example.com/hook", "description": "Where alerts are sent by POST.", "required": false}
    ]
}
"""

import json
import re
import urllib.request
import uuid
from datetime import datetime, timezone
from typing import NamedTuple

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
NANOSECONDS = 1_000_000_000
# Key in the cache: the series that have been told of, by their tags.
SILENT = "silent"


class Settings(NamedTuple):
    table: str
    silence: int
    lookback: int
    target: str
    webhook_url: str | None


def process_scheduled_call(influxdb3_local, call_time, args=None):
    task = uuid.uuid4().hex[:8]
    settings = read_arguments(args or {})
    now = int(call_time.replace(tzinfo=timezone.utc).timestamp())
    last_seen = last_seen_by_series(influxdb3_local, settings, now)
    if not last_seen:
        influxdb3_local.warn(f"[{task}] table '{settings.table}' has no rows in the last {settings.lookback} s")
    told = influxdb3_local.cache.get(SILENT, set())
    alerts = []
    for series, seen in last_seen.items():
        silent = now * NANOSECONDS - seen >= settings.silence * NANOSECONDS
        # Only a change is told, not the same thing at every call.
        if silent != (series in told):
            told ^= {series}
            alerts.append(alert(settings, series, seen, silent))
    for found in alerts:
        log = influxdb3_local.warn if found["state"] == "silent" else influxdb3_local.info
        log(f"[{task}] {found['text']}")
        influxdb3_local.write(line(settings, found, now))
    influxdb3_local.cache.put(SILENT, told)
    if alerts and settings.webhook_url:
        notify(influxdb3_local, task, settings.webhook_url, alerts)


def read_arguments(args):
    for name in ("table", "silence"):
        if not args.get(name):
            raise ValueError(f"argument '{name}' is missing; add {name}=... to the trigger's arguments")
    silence = seconds("silence", args["silence"])
    lookback = seconds("lookback", args.get("lookback", "1d"))
    if lookback <= silence:
        raise ValueError(f"argument 'lookback' must be longer than 'silence', which is {args['silence']}")
    url = args.get("webhook_url")
    if url and not re.match(r"https?://[^/\s]", url):
        raise ValueError("argument 'webhook_url' must start with http:// or https:// and a host")
    target = args.get("target", "deadman_alerts")
    if target == args["table"]:
        raise ValueError("argument 'target' is the watched table itself; name another one")
    return Settings(args["table"], silence, lookback, target, url)


def seconds(name, text):
    match = re.fullmatch(r"([1-9]\d{0,5})([smhd])", text)
    if match is None:
        raise ValueError(f"argument '{name}' is '{text}'; use a number and a unit, such as 30s, 5m, 1h or 1d")
    return int(match[1]) * SECONDS[match[2]]


def last_seen_by_series(influxdb3_local, settings, now):
    """Returns the time of the latest row of each series, whose key are its tags."""
    columns = influxdb3_local.query(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = $table",
        {"table": settings.table},
    )
    if not columns:
        return {}
    tags = [column["column_name"] for column in columns if column["data_type"].startswith("Dictionary")]
    names = ", ".join(map(quoted, tags))
    rows = influxdb3_local.query(
        f"SELECT {names + ', ' if tags else ''}max(time) AS _last_seen FROM {quoted(settings.table)}"
        f" WHERE time >= $start AND time <= $end{' GROUP BY ' + names if tags else ''}",
        {"start": rfc3339(now - settings.lookback), "end": rfc3339(now)},
    )
    seen = {tuple((tag, row[tag]) for tag in tags if row.get(tag)): row["_last_seen"] for row in rows}
    # Without tags there is always one row, also over nothing.
    return {series: time for series, time in seen.items() if time is not None}


def alert(settings, series, seen, silent):
    name = ", ".join(f"{tag}={value}" for tag, value in series) or "all rows"
    since = rfc3339(seen // NANOSECONDS)
    text = f"no data in '{settings.table}' since {since}: {name}"
    if not silent:
        text = f"data in '{settings.table}' again: {name}"
    state = "silent" if silent else "recovered"
    return {"text": text, "table": settings.table, "tags": dict(series), "state": state, "last_seen": since}


def line(settings, found, now):
    builder = LineBuilder(settings.target).time_ns(now * NANOSECONDS)
    for tag, value in {**found["tags"], "watched": settings.table}.items():
        builder.tag(tag, value)
    return builder.string_field("state", found["state"]).string_field("last_seen", found["last_seen"])


def notify(influxdb3_local, task, url, alerts):
    """Sends all alerts of a call as one request; `text` is what chat services show."""
    body = json.dumps({"text": "\n".join(found["text"] for found in alerts), "alerts": alerts}).encode()
    try:
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10):
            influxdb3_local.info(f"[{task}] sent {len(alerts)} alerts")
    # Whatever goes wrong here, the alerts in the table must not be lost with it.
    except Exception as error:
        influxdb3_local.error(f"[{task}] alerts not sent to webhook_url: {error}")


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def rfc3339(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
