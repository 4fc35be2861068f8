"""The plugins of this repository that are Python source, run by the runner."""

import json
from pathlib import Path

from tests.columns_of import coded, column, f64, i64, text, time
from tests.running import RunCase
from wit_world.imports import query, types, write

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"


class Downsample(RunCase):
    source = (PLUGINS / "downsample" / "downsample.py").read_text()
    described = [
        column("column_name", types.ColumnValues_Text(text("host", "n", "note", "usage", "time"))),
        column("data_type", coded([0, 1, 2, 3, 4], "Dictionary(Int32, Utf8)", "Int64", "Utf8", "Float64", "Timestamp(ns)")),
    ]

    def run_with(self, **arguments):
        self.schedule(self.source, 1735689605 * 10**9, list(arguments.items()))

    def two_results(self, *columns):
        # Each query ends with a piece that is absent.
        query.pieces += [self.described, None, list(columns)]

    def test_the_last_whole_window_is_written(self):
        self.two_results(
            column("_time", time(5, 5)),
            column("host", coded([0, 1], "a b", "c"), b"\x01"),
            column("n", f64(1.5, 0.0), b"\x01"),
            column("usage", f64(2.0, 0.25)),
        )
        self.run_with(source='c"pu', target="cpu_10s", window="10s")
        self.assertEqual(write.staged, [(None, "cpu_10s,host=a\\ b n=1.5,usage=2.0 5\ncpu_10s usage=0.25 5")])
        sql, parameters, _ = query.opened[1]
        self.assertEqual(
            sql,
            "SELECT DATE_BIN(INTERVAL '10 seconds', time, '1970-01-01T00:00:00Z') AS _time, \"host\","
            ' avg("n") AS "n", avg("usage") AS "usage" FROM "c""pu"'
            ' WHERE time >= $start AND time < $end GROUP BY _time, "host"',
        )
        bounds = [("start", types.Value_Text("2024-12-31T23:59:50Z")), ("end", types.Value_Text("2025-01-01T00:00:00Z"))]
        self.assertEqual(parameters, bounds)

    def test_types_are_kept_where_the_aggregate_keeps_them(self):
        for aggregate, line in (("max", "t n=3i 5"), ("count", "t n=3i 5"), ("avg", "t n=3.0 5")):
            write.staged.clear()
            self.two_results(column("_time", time(5)), column("n", i64(3)))
            self.run_with(source="cpu", target="t", window="1m", aggregate=aggregate)
            self.assertEqual(write.staged, [(None, line)])

    def test_a_table_without_fields(self):
        self.run_with(source="cpu", target="t", window="1m")
        self.assertEqual(self.logged(), [("WARN", "table 'cpu' has no numeric fields yet, nothing to downsample")])

    def test_errors_say_the_fix(self):
        cases = [
            ({}, "argument 'source' is missing; add source=... to the trigger's arguments"),
            ({"source": "cpu", "target": "cpu", "window": "1m"},
             "argument 'target' is the source itself; name another table, such as cpu_1m"),
            ({"source": "cpu", "target": "t", "window": "1 minute"},
             "argument 'window' is '1 minute'; use a number and a unit, such as 10s, 5m, 1h or 1d"),
            ({"source": "cpu", "target": "t", "window": "1m", "aggregate": "mean"},
             "argument 'aggregate' is 'mean'; use one of avg, count, max, median, min, stddev, sum"),
        ]  # fmt: skip
        for arguments, message in cases:
            self.assertEqual(self.failure(self.run_with, **arguments).value.message, f"ValueError: {message}")


class HostSummary(RunCase):
    source = (PLUGINS / "host-summary" / "host_summary.py").read_text()

    def test_tables_that_exist_are_summarised(self):
        query.pieces += [
            [column("table_name", coded([0, 1], "cpu", "disk"))],
            None,
            [column("host", coded([0], "a")), column("samples", i64(3)), column("average", f64(1 / 3)),
             column("highest", f64(0.5))],
            None,
            [column("host", coded([0], "a")), column("device", coded([0], "sda")), column("used_bytes", i64(1)),
             column("total_bytes", i64(8))],
        ]  # fmt: skip
        response = self.request(self.source, [("minutes", "10")])
        cpu = {"samples": 3, "average_percent": 0.33, "highest_percent": 0.5}
        disks = {"sda": {"used_bytes": 1, "total_bytes": 8, "used_percent": 12.5}}
        self.assertEqual(json.loads(response.body), {"minutes": 10, "hosts": {"a": {"cpu": cpu, "disks": disks}}})
        self.assertIn("INTERVAL '10 minutes'", query.opened[1][0])

    def test_minutes_are_checked(self):
        for minutes in ("0", "x", "", "1441", "5'", "²", "9" * 5000):
            response = self.request(self.source, [("minutes", minutes)])
            self.assertEqual((response.status, query.opened), (400, []))
