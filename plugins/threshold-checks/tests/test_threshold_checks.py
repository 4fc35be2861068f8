"""threshold-checks, natively."""

import unittest
from pathlib import Path

from tidegate_testing import UNREACHABLE, Engine, Webhook

PLUGIN = Path(__file__).parents[1] / "threshold_checks.py"
DAY = Path(__file__).parents[3] / "tests" / "data" / "noaa-day.lp"


class ThresholdChecks(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)

    def states(self):
        return [line.split('state="')[1].split('"')[0] for line in self.engine.lines]

    def test_an_alert_is_a_point_and_a_line_in_the_log(self):
        self.engine.written("cpu,host=a usage=95i 5", checks="usage>=90@ERROR")
        self.assertEqual(
            self.engine.lines,
            [
                'threshold_alerts,host=a,watched=cpu,check=usage>\\=90 level="ERROR",state="breached",'
                'text="cpu: usage of host=a is 95 (usage>=90 breached)",value=95.0 5'
            ],
        )
        self.assertEqual(self.engine.logged("ERROR"), ["cpu: usage of host=a is 95 (usage>=90 breached)"])

    def test_each_operator_at_its_limit(self):
        for operator, below, at, above in ((">", 0, 0, 1), (">=", 0, 1, 1), ("<", 1, 0, 0), ("<=", 1, 1, 0),
                                           ("==", 0, 1, 0), ("!=", 1, 0, 1)):  # fmt: skip
            for value, breaches in ((89.5, below), (90.0, at), (90.5, above)):
                self.setUp()
                self.engine.written(f"cpu usage={value} 1", checks=f"usage{operator}90@INFO")
                self.assertEqual(len(self.engine.lines), breaches, f"{value} {operator} 90")

    def test_text_and_booleans_are_compared_with_their_like(self):
        self.engine.written('door state="open",locked=f 1', checks="state==open@WARN locked!=true@INFO")
        self.assertEqual(self.engine.logged("WARN"), ["door: state of all rows is open (state==open breached)"])
        self.assertEqual(self.engine.logged("INFO"), ["door: locked of all rows is False (locked!=true breached)"])
        self.assertNotIn("value=", "".join(self.engine.lines))

    def test_a_number_in_quotes_is_text(self):
        self.engine.written('web status="500" 1', checks='status=="500"@ERROR')
        self.assertEqual(self.states(), ["breached"])

    def test_what_cannot_be_compared_is_said_once_a_run(self):
        self.engine.written('cpu usage="high" 1\ncpu usage="higher" 2', checks="usage>90@ERROR")
        self.assertEqual(self.engine.logged("WARN"), ["'usage>90' does not suit table 'cpu': there is 'higher'"])
        self.assertEqual(self.engine.lines, [])

    def test_breaches_are_counted_over_runs_and_by_series(self):
        for time, usage in enumerate([95, 96, 97, 98, 50]):
            self.engine.written(f"cpu,host=a usage={usage} {time}\ncpu,host=b usage=1 {time}",
                                checks="usage>90@ERROR", consecutive="3")  # fmt: skip
        self.assertEqual([(line.split()[-1]) for line in self.engine.lines], ["2", "4"])
        self.assertEqual(self.states(), ["breached", "ok"])
        self.assertEqual(self.engine.logged("ERROR"), ["cpu: usage of host=a is 97.0 (usage>90 breached)"])
        self.assertEqual(self.engine.logged("INFO"), ["cpu: usage of host=a is 50.0 (usage>90 ok)"])

    def test_one_value_in_between_starts_the_count_again(self):
        rows = [f"cpu usage={usage} {time}" for time, usage in enumerate([95, 95, 50, 95, 95])]
        self.engine.written("\n".join(rows), checks="usage>90@ERROR", consecutive="3")
        self.assertEqual(self.engine.lines, [])

    def test_a_missing_value_neither_counts_nor_ends_a_count(self):
        for lines in ("cpu usage=95 1", "cpu load=1 2", "cpu usage=95 3"):
            self.engine.written(lines, checks="usage>90@ERROR", consecutive="2")
        self.assertEqual((self.states(), self.engine.logged("WARN")), (["breached"], []))

    def test_values_that_no_line_can_hold_are_in_the_text_only(self):
        self.engine.written("cpu usage=inf 1\ncpu usage=0 2", checks="usage>90@ERROR")
        self.assertEqual([line.partition("value=")[2] for line in self.engine.lines], ["", "0.0 2"])
        self.assertIn("usage of all rows is inf", self.engine.lines[0])

    def test_rows_of_a_run_are_taken_by_time(self):
        self.engine.written("cpu usage=50 3\ncpu usage=95 1", checks="usage>90@ERROR")
        self.assertEqual([line.split()[-1] for line in self.engine.lines], ["1", "3"])

    def test_a_restart_forgets_the_count(self):
        for _ in range(2):
            self.engine.written("cpu usage=95 1", checks="usage>90@ERROR", consecutive="2")
            self.engine.restart()
        self.assertEqual(self.engine.lines, [])

    def test_its_own_alerts_are_not_checked(self):
        self.engine.written("threshold_alerts value=95 1", checks="value>90@ERROR")
        self.assertEqual(self.engine.lines, [])

    def test_the_message_can_be_chosen(self):
        self.engine.written(
            "cpu usage=95.25 1", checks="usage>90@WARN", message="{level}: {value} is too much, {count} times"
        )
        self.assertEqual(self.engine.logged("WARN"), ["WARN: 95.25 is too much, 1 times"])

    def test_the_coldest_hours_of_a_real_day(self):
        self.engine.written(DAY.read_text(), checks="fahrenheit<39.6@WARN", consecutive="2")
        # At 5 it is 39.5, at 6 not, from 7 to 8 again.
        found = [(line.split(",")[1], line.split()[-1]) for line in self.engine.lines]
        self.assertEqual(found, [("city=seattle", "1767254400000000000"), ("city=seattle", "1767258000000000000")])
        self.assertEqual(self.states(), ["breached", "ok"])

    def test_alerts_are_posted_and_kept_if_they_cannot_be(self):
        with Webhook() as webhook:
            self.engine.written("cpu usage=95 1", checks="usage>90@ERROR", webhook_url=webhook.url)
        self.assertEqual(webhook.posted[0]["text"], "cpu: usage of all rows is 95.0 (usage>90 breached)")
        self.engine.written("cpu usage=5 2", checks="usage>90@ERROR", webhook_url=UNREACHABLE)
        self.assertEqual(self.states(), ["breached", "ok"])
        self.assertIn("alerts not sent to webhook_url", self.engine.logged("ERROR")[-1])

    def test_wrong_arguments_are_named(self):
        cases = [
            ({}, "argument 'checks' is missing; add for example checks=usage>=90@ERROR"),
            ({"checks": "usage>=90"},
             "argument 'checks' has 'usage>=90'; write field, operator, limit and level: usage>=90@ERROR"),
            ({"checks": "usage=>90@ERROR"},
             "argument 'checks' has 'usage=>90@ERROR'; write field, operator, limit and level: usage>=90@ERROR"),
            ({"checks": "a>1@INFO", "consecutive": "0"}, "argument 'consecutive' is '0'; use a whole number from 1"),
            ({"checks": "a>1@INFO", "message": "{host}"},
             "argument 'message' cannot be filled in ('host'); there are table, series, field, value, check, level, state, count"),
            ({"checks": "a>1@INFO", "webhook_url": "example.com"},
             "argument 'webhook_url' must start with http:// or https:// and a host"),
        ]  # fmt: skip
        for arguments, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.engine.written("cpu a=2 1", **arguments)
            self.assertEqual(str(caught.exception), message)
        self.assertEqual(self.engine.lines, [])


if __name__ == "__main__":
    unittest.main()
