"""
{
    "plugin_type": ["http"],
    "http_args_config": []
}
"""

LONGEST_MINUTES = 1440
TABLES = ("cpu", "memory", "disk", "network")


def process_request(influxdb3_local, query_parameters, request_headers, request_body, args=None):
    minutes = query_parameters.get("minutes", "5")
    if not (minutes.isascii() and minutes.isdigit() and 1 <= int(minutes[:9]) <= LONGEST_MINUTES):
        return {"error": f"minutes must be a whole number from 1 to {LONGEST_MINUTES}"}, 400
    known = known_tables(influxdb3_local)
    hosts = {}
    for table, summarise in (("cpu", cpu), ("memory", memory), ("disk", disk), ("network", network)):
        if table in known:
            summarise(hosts, influxdb3_local, f"WHERE time >= now() - INTERVAL '{int(minutes)} minutes'")
    return {"minutes": int(minutes), "hosts": hosts}


def known_tables(influxdb3_local):
    names = ", ".join(f"'{table}'" for table in TABLES)
    rows = influxdb3_local.query(f"SELECT DISTINCT table_name FROM information_schema.columns WHERE table_name IN ({names})")
    return {row["table_name"] for row in rows}


def cpu(hosts, influxdb3_local, recent):
    for row in influxdb3_local.query(
        "SELECT host, count(usage_percent) AS samples, avg(usage_percent) AS average, max(usage_percent) AS highest"
        f" FROM cpu {recent} GROUP BY host"
    ):
        of_host(hosts, row)["cpu"] = {
            "samples": row["samples"],
            "average_percent": rounded(row["average"]),
            "highest_percent": rounded(row["highest"]),
        }


def memory(hosts, influxdb3_local, recent):
    for row in influxdb3_local.query(
        f"SELECT host, {latest('used_bytes')}, {latest('total_bytes')} FROM memory {recent} GROUP BY host"
    ):
        of_host(hosts, row)["memory"] = usage(row)


def disk(hosts, influxdb3_local, recent):
    for row in influxdb3_local.query(
        f"SELECT host, device, {latest('used_bytes')}, {latest('total_bytes')} FROM disk {recent} GROUP BY host, device"
    ):
        of_host(hosts, row).setdefault("disks", {})[row["device"] or ""] = usage(row)


def network(hosts, influxdb3_local, recent):
    for row in influxdb3_local.query(
        f"SELECT host, interface, {latest('received_bytes')}, {latest('sent_bytes')}"
        f" FROM network {recent} GROUP BY host, interface"
    ):
        figures = {"received_bytes": row["received_bytes"], "sent_bytes": row["sent_bytes"]}
        of_host(hosts, row).setdefault("network", {})[row["interface"] or ""] = figures


def latest(column):
    return f"last_value({column} ORDER BY time) AS {column}"


def of_host(hosts, row):
    return hosts.setdefault(row["host"] or "", {})


def usage(row):
    used, total = row["used_bytes"], row["total_bytes"]
    percent = 100 * used / total if used is not None and total else None
    return {"used_bytes": used, "total_bytes": total, "used_percent": rounded(percent)}


def rounded(value):
    return None if value is None else round(value, 2)
