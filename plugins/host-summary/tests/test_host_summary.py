"""host-summary, natively."""

import unittest
from pathlib import Path

from tidegate_testing import Engine

PLUGIN = Path(__file__).parents[1] / "host_summary.py"


class HostSummary(unittest.TestCase):
    def setUp(self):
        self.engine = Engine(PLUGIN)

    def ask(self, minutes, *answers):
        waiting = list(answers)
        self.engine.answer = lambda sql, parameters: waiting.pop(0)
        return self.engine.requested({"minutes": minutes})

    def test_tables_that_exist_are_summarised(self):
        response = self.ask(
            "10",
            [{"table_name": "cpu"}, {"table_name": "disk"}],
            [{"host": "a", "samples": 3, "average": 1 / 3, "highest": 0.5}],
            [{"host": "a", "device": "sda", "used_bytes": 1, "total_bytes": 8}],
        )
        cpu = {"samples": 3, "average_percent": 0.33, "highest_percent": 0.5}
        disks = {"sda": {"used_bytes": 1, "total_bytes": 8, "used_percent": 12.5}}
        self.assertEqual(response, {"minutes": 10, "hosts": {"a": {"cpu": cpu, "disks": disks}}})
        self.assertIn("INTERVAL '10 minutes'", self.engine.queries[1][0])

    def test_what_is_not_known_is_null(self):
        response = self.ask(
            "5",
            [{"table_name": "memory"}, {"table_name": "network"}],
            [{"host": None, "used_bytes": 1, "total_bytes": 0}],
            [{"host": None, "interface": "eth0", "received_bytes": None, "sent_bytes": 2}],
        )
        memory = {"used_bytes": 1, "total_bytes": 0, "used_percent": None}
        network = {"eth0": {"received_bytes": None, "sent_bytes": 2}}
        self.assertEqual(response["hosts"], {"": {"memory": memory, "network": network}})

    def test_a_database_without_any_of_the_tables(self):
        self.assertEqual(self.ask("5", []), {"minutes": 5, "hosts": {}})

    def test_minutes_are_checked(self):
        for minutes in ("0", "x", "", "1441", "5'", "²", "9" * 5000):
            self.assertEqual(self.ask(minutes)[1], 400)
        self.assertEqual(self.engine.queries, [])


if __name__ == "__main__":
    unittest.main()
