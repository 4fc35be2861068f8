"""state-change, natively."""

import unittest
from datetime import datetime
from pathlib import Path

from tidegate_testing import TAG, Engine

PLUGIN = Path(__file__).parents[1] / "state_change.py"
SECOND = 1_000_000_000
ARGUMENTS = {"field": "open", "window": "10s", "limit": "2"}


def door(*rows, series=""):
    """Lines for (second, open)."""
    return "\n".join(f"door{series} open={value} {second * SECOND}" for second, value in rows)


class StateChange(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)

    def write(self, *rows, series="", **arguments):
        self.engine.written(door(*rows, series=series), **{**ARGUMENTS, **arguments})

    def test_one_change_too_many_is_an_alert(self):
        self.write((0, "f"), (1, "t"), (2, "f"), (3, "t"), series=",room=a")
        self.assertEqual(
            self.engine.lines, ['change_alerts,room=a,watched=door.open changes=3i,value="True" 3000000000']
        )
        self.assertEqual(self.engine.logged("WARN"), ["door: open of room=a changed 3 times within 10 s"])

    def test_as_many_changes_as_the_limit_are_fine(self):
        self.write((0, "f"), (1, "t"), (2, "f"), (3, "f"))
        self.assertEqual(self.engine.lines, [])

    def test_changes_a_whole_window_apart_do_not_count_together(self):
        self.write((0, "f"), (1, "t"), (2, "f"), (11, "t"))
        self.assertEqual(self.engine.lines, [])
        self.setUp()
        self.write((0, "f"), (2, "t"), (3, "f"), (11, "t"))
        self.assertEqual(len(self.engine.lines), 1)

    def test_the_window_moves_on_with_each_change(self):
        self.write((0, "f"), (1, "t"), (5, "f"), (11, "t"), (12, "f"))
        self.assertEqual([line.split()[-1] for line in self.engine.lines], ["12000000000"])

    def test_changes_are_counted_over_runs_and_by_series(self):
        for row in ((0, "f"), (1, "t"), (2, "f"), (3, "t")):
            self.write(row, series=",room=a")
            self.write((0, "f"), series=",room=b")
        self.assertEqual(len(self.engine.lines), 1)

    def test_after_an_alert_the_next_takes_as_many_changes_again(self):
        self.write(*((second, "tf"[second % 2]) for second in range(7)))
        self.assertEqual([line.split()[-1] for line in self.engine.lines], ["3000000000", "6000000000"])

    def test_a_restart_forgets_the_changes(self):
        self.write((0, "f"), (1, "t"), (2, "f"))
        self.engine.restart()
        self.write((3, "t"))
        self.assertEqual(self.engine.lines, [])

    def test_rows_that_come_late_or_twice_change_nothing(self):
        self.write((0, "f"), (5, "t"), (6, "f"))
        self.write((1, "t"), (2, "f"), (3, "t"), (6, "f"))
        self.assertEqual(self.engine.lines, [])
        self.assertEqual(self.engine.logged("INFO"), ["left out 4 rows of 'door' that came late or twice"])

    def test_a_missing_value_is_no_change(self):
        self.engine.written(
            "door open=f 1\ndoor battery=3i 2\ndoor open=f 3\ndoor battery=3i 4", **{**ARGUMENTS, "limit": "1"}
        )
        self.assertEqual((self.engine.lines, self.engine.log), ([], []))

    def test_the_order_of_a_batch_does_not_matter(self):
        self.write((3, "t"), (2, "f"), (1, "t"), (0, "f"))
        self.assertEqual(len(self.engine.lines), 1)

    def test_another_limit_keeps_the_changes_it_has_room_for(self):
        self.write((0, "f"), (1, "t"), (2, "f"), limit="9")
        self.write((3, "t"), limit="2")
        self.assertEqual(len(self.engine.lines), 1)

    def test_a_series_quiet_for_a_day_is_forgotten(self):
        self.write((0, "f"), series=",room=a")
        self.write((86_400, "f"), series=",room=b")
        self.write((86_401, "f"), series=",room=b")
        self.write((86_402, "t"), (86_403, "f"), series=",room=a", limit="1")
        self.assertEqual(self.engine.lines, [])

    def test_its_own_alerts_are_not_watched(self):
        self.engine.written("change_alerts open=t 1\nchange_alerts open=f 2\nchange_alerts open=t 3", **ARGUMENTS)
        self.assertEqual((self.engine.lines, self.engine.log), ([], []))

    def test_a_call_counts_what_is_in_the_table(self):
        self.engine.tables["door"] = {"room": TAG, "open": "Boolean", "time": "Timestamp(ns)"}
        values = [(3, True), (0, False), (1, True), (2, False)]
        rows = [{"room": "a", "open": value, "time": second * SECOND} for second, value in values]
        self.engine.answer = lambda sql, parameters: rows
        for _ in range(2):
            self.engine.scheduled(datetime(1970, 1, 1, 0, 0, 10), table="door", **ARGUMENTS)
        # The same point again: calls remember nothing.
        self.assertEqual(
            self.engine.lines, ['change_alerts,room=a,watched=door.open changes=3i,value="True" 3000000000'] * 2
        )
        sql, parameters = self.engine.queries[0]
        self.assertEqual(sql, 'SELECT "room", "open", "time" FROM "door" WHERE time >= $start AND time < $end')
        self.assertEqual(parameters, {"start": "1970-01-01T00:00:00Z", "end": "1970-01-01T00:00:10Z"})

    def test_a_call_before_there_is_a_table(self):
        self.engine.scheduled(datetime(2026, 1, 1), table="door", **ARGUMENTS)
        self.assertEqual(self.engine.logged("WARN"), ["table 'door' has no field 'open' yet"])

    def test_wrong_arguments_are_named(self):
        cases = [
            ({"field": ""}, "argument 'field' is missing; add field=... to the trigger's arguments"),
            ({"window": "10"}, "argument 'window' is '10'; use a number and s, m, h or d, such as 5m"),
            ({"limit": "0"}, "argument 'limit' is '0'; use a whole number from 1 to 9999"),
            ({"limit": "many"}, "argument 'limit' is 'many'; use a whole number from 1 to 9999"),
        ]
        for arguments, message in cases:
            with self.assertRaises(ValueError) as caught:
                self.write((0, "f"), **arguments)
            self.assertEqual(str(caught.exception), message)
        with self.assertRaisesRegex(ValueError, "argument 'table' is missing; add table=... to the trigger's arguments"):
            self.engine.scheduled(datetime(2026, 1, 1), **ARGUMENTS)
        with self.assertRaisesRegex(ValueError, "argument 'target' is the table itself; name another one"):
            self.engine.scheduled(datetime(2026, 1, 1), table="door", target="door", **ARGUMENTS)


if __name__ == "__main__":
    unittest.main()
