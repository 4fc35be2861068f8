"""deadman-alert, natively."""

import unittest
from datetime import datetime, timedelta
from pathlib import Path

from tidegate_testing import TAG, UNREACHABLE, Engine, Webhook

PLUGIN = Path(__file__).parents[1] / "deadman_alert.py"
NOON = datetime(2026, 1, 1, 12)
SECOND = 1_000_000_000
# NOON in nanoseconds.
T = 1_767_268_800 * SECOND


class DeadmanAlert(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)
        self.engine.tables["cpu"] = {"host": TAG, "usage": "Float64", "time": "Timestamp(ns)"}
        self.webhook = None

    def run_at(self, call_time, **last_seen):
        rows = [{"host": host, "_last_seen": time} for host, time in last_seen.items()]
        self.engine.answer = lambda sql, parameters: rows
        webhook = {"webhook_url": self.webhook} if self.webhook else {}
        self.engine.scheduled(call_time, table="cpu", silence="5m", **webhook)

    def test_a_series_is_silent_from_the_last_second_on(self):
        self.run_at(NOON, early=T - 299 * SECOND, exact=T - 300 * SECOND)
        self.assertEqual(
            self.engine.lines,
            [f'deadman_alerts,host=exact,watched=cpu state="silent",last_seen="2026-01-01T11:55:00Z" {T}'],
        )
        self.assertEqual(self.engine.logged("WARN"), ["no data in 'cpu' since 2026-01-01T11:55:00Z: host=exact"])

    def test_silence_and_recovery_are_told_once_each(self):
        minute = timedelta(minutes=1)
        self.run_at(NOON, a=T - 300 * SECOND)
        self.run_at(NOON + minute, a=T - 300 * SECOND)
        self.run_at(NOON + 2 * minute, a=T + 100 * SECOND)
        self.run_at(NOON + 3 * minute, a=T + 100 * SECOND)
        states = [line.split('"')[1] for line in self.engine.lines]
        self.assertEqual(states, ["silent", "recovered"])
        self.assertEqual(self.engine.logged("INFO"), ["data in 'cpu' again: host=a"])

    def test_a_row_that_comes_late_is_no_recovery(self):
        self.run_at(NOON, a=T - 900 * SECOND)
        self.run_at(NOON, a=T - 600 * SECOND)
        self.assertEqual(len(self.engine.lines), 1)

    def test_a_series_that_left_the_lookback_recovers_when_it_is_back(self):
        self.run_at(NOON, a=T - 300 * SECOND)
        self.run_at(NOON + timedelta(days=2))
        self.run_at(NOON + timedelta(days=3), a=T + 3 * 86400 * SECOND)
        self.assertIn('state="recovered"', self.engine.lines[1])

    def test_after_a_restart_it_tells_once_more(self):
        self.run_at(NOON, a=T - 300 * SECOND)
        self.engine.restart()
        self.run_at(NOON, a=T - 300 * SECOND)
        self.assertEqual(self.engine.lines[0], self.engine.lines[1])

    def test_the_query_ends_at_the_call_and_begins_at_the_lookback(self):
        self.run_at(NOON)
        sql, parameters = self.engine.queries[0]
        self.assertEqual(
            sql,
            'SELECT "host", max(time) AS _last_seen FROM "cpu" WHERE time >= $start AND time <= $end GROUP BY "host"',
        )
        self.assertEqual(parameters, {"start": "2025-12-31T12:00:00Z", "end": "2026-01-01T12:00:00Z"})

    def test_a_table_without_tags_is_one_series(self):
        del self.engine.tables["cpu"]["host"]
        self.engine.answer = lambda sql, parameters: [{"_last_seen": T - 300 * SECOND}]
        self.engine.scheduled(NOON, table="cpu", silence="5m")
        self.assertEqual(self.engine.logged("WARN"), ["no data in 'cpu' since 2026-01-01T11:55:00Z: all rows"])

    def test_a_table_without_rows_or_without_existing(self):
        del self.engine.tables["cpu"]["host"]
        self.engine.answer = lambda sql, parameters: [{"_last_seen": None}]
        self.engine.scheduled(NOON, table="cpu", silence="5m")
        self.engine.scheduled(NOON, table="gpu", silence="5m", lookback="1h")
        self.assertEqual(
            self.engine.logged("WARN"),
            ["table 'cpu' has no rows in the last 86400 s", "table 'gpu' has no rows in the last 3600 s"],
        )
        self.assertEqual(self.engine.lines, [])

    def test_alerts_of_a_call_are_posted_together(self):
        with Webhook() as webhook:
            self.webhook = webhook.url
            self.run_at(NOON, a=T - 300 * SECOND, b=T - 400 * SECOND)
            self.run_at(NOON, a=T - 300 * SECOND, b=T - 400 * SECOND)
        (body,) = webhook.posted
        self.assertEqual([alert["tags"] for alert in body["alerts"]], [{"host": "a"}, {"host": "b"}])
        self.assertEqual(body["text"].count("no data in 'cpu'"), 2)
        self.assertEqual(self.engine.logged("INFO"), ["sent 2 alerts"])

    def test_an_alert_that_cannot_be_sent_is_still_written(self):
        with Webhook(status=500) as webhook:
            for self.webhook in (UNREACHABLE, webhook.url):
                self.engine.restart()
                self.run_at(NOON, a=T - 300 * SECOND)
        self.assertEqual(len(self.engine.lines), 2)
        self.assertEqual(len(self.engine.logged("ERROR")), 2)
        self.assertIn("HTTP Error 500", self.engine.logged("ERROR")[1])

    def test_wrong_arguments_are_named(self):
        cases = [
            ({}, "argument 'table' is missing; add table=... to the trigger's arguments"),
            ({"table": "cpu"}, "argument 'silence' is missing; add silence=... to the trigger's arguments"),
            ({"table": "cpu", "silence": "0m"},
             "argument 'silence' is '0m'; use a number and a unit, such as 30s, 5m, 1h or 1d"),
            ({"table": "cpu", "silence": "1d"}, "argument 'lookback' must be longer than 'silence', which is 1d"),
            ({"table": "cpu", "silence": "5m", "target": "cpu"},
             "argument 'target' is the watched table itself; name another one"),
            ({"table": "cpu", "silence": "5m", "webhook_url": "file:///etc/passwd"},
             "argument 'webhook_url' must start with http:// or https:// and a host"),
        ]  # fmt: skip
        for arguments, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.engine.scheduled(NOON, **arguments)
            self.assertEqual(str(caught.exception), message)
        self.assertEqual((self.engine.lines, self.engine.queries), ([], []))


if __name__ == "__main__":
    unittest.main()
