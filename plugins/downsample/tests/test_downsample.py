"""downsample, natively."""

import unittest
from datetime import datetime
from pathlib import Path

from tidegate_testing import TAG, Engine

PLUGIN = Path(__file__).parents[1] / "downsample.py"
CALL = datetime(2025, 1, 1, 0, 0, 5)


class Downsample(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)
        columns = {
            "host": TAG,
            "n": "Int64",
            "u": "UInt64",
            "note": "Utf8",
            "usage": "Float64",
            "time": "Timestamp(ns)",
        }
        self.engine.tables['c"pu'] = columns

    def run_with(self, *rows, **arguments):
        self.engine.answer = lambda sql, parameters: list(rows)
        self.engine.scheduled(CALL, **{"source": 'c"pu', "target": "t", "window": "10s", **arguments})

    def test_the_last_whole_window_is_written(self):
        self.run_with(
            {"_time": 5, "host": "a b", "n": 1.5, "usage": 2.0}, {"_time": 5, "host": None, "n": None, "usage": 0.25}
        )
        self.assertEqual(self.engine.lines, ["t,host=a\\ b n=1.5,usage=2.0 5", "t usage=0.25 5"])
        sql, parameters = self.engine.queries[0]
        self.assertEqual(
            sql,
            "SELECT DATE_BIN(INTERVAL '10 seconds', time, '1970-01-01T00:00:00Z') AS _time, \"host\","
            ' avg("n") AS "n", avg("u") AS "u", avg("usage") AS "usage" FROM "c""pu"'
            ' WHERE time >= $start AND time < $end GROUP BY _time, "host"',
        )
        self.assertEqual(parameters, {"start": "2024-12-31T23:59:50Z", "end": "2025-01-01T00:00:00Z"})

    def test_a_call_at_the_end_of_a_window_takes_that_window(self):
        self.engine.scheduled(datetime(2025, 1, 1), source='c"pu', target="t", window="1h")
        self.assertEqual(self.engine.queries[0][1], {"start": "2024-12-31T23:00:00Z", "end": "2025-01-01T00:00:00Z"})

    def test_types_are_kept_where_the_aggregate_keeps_them(self):
        for aggregate, line in (("max", "t n=3i,u=3u 5"), ("count", "t n=3i,u=3i 5"), ("avg", "t n=3.0,u=3.0 5")):
            self.engine.lines.clear()
            self.run_with({"_time": 5, "n": 3, "u": 3}, aggregate=aggregate)
            self.assertEqual(self.engine.lines, [line])

    def test_a_row_without_values_is_left_out(self):
        self.run_with({"_time": 5, "host": "a", "n": None, "u": None, "usage": None})
        self.assertEqual(self.engine.lines, [])

    def test_a_table_without_fields(self):
        self.run_with(source="cpu")
        self.assertEqual(self.engine.logged("WARN"), ["table 'cpu' has no numeric fields yet, nothing to downsample"])

    def test_errors_say_the_fix(self):
        cases = [
            ({"source": ""}, "argument 'source' is missing; add source=... to the trigger's arguments"),
            ({"source": "cpu", "target": "cpu", "window": "1m"},
             "argument 'target' is the source itself; name another table, such as cpu_1m"),
            ({"window": "1 minute"}, "argument 'window' is '1 minute'; use a number and a unit, such as 10s, 5m, 1h or 1d"),
            ({"aggregate": "mean"},
             "argument 'aggregate' is 'mean'; use one of avg, count, max, median, min, stddev, sum"),
        ]  # fmt: skip
        for arguments, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.run_with(**arguments)
            self.assertEqual(str(caught.exception), message)


if __name__ == "__main__":
    unittest.main()
