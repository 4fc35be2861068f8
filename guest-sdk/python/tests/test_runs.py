import random
import unittest

from runner import app, moments
from tests.columns_of import batch, column, i64, time
from tests.running import RunCase
from wit_world.imports import log, types

SECOND = 10**9


class Runs(RunCase):
    def test_writes(self):
        self.load("def process_writes(local, table_batches, args):\n    local.info(table_batches, args)\n")
        app.OnWrite().handle([batch("cpu", 1, column("x", i64(1)), column("time", time(5)))], [("a", "1")])
        self.assertEqual(log.entries[0], ("INFO", "starting execution of wal plugin."))
        expected = "[{'table_name': 'cpu', 'rows': [{'x': 1, 'time': 5}]}] {'a': '1'}"
        self.assertEqual(self.logged(), [("INFO", expected)])
        self.assertRegex(log.entries[-1][1], r"^finished execution in (\d+ms )?(\d+us )?\d+ns$")

    def test_schedules(self):
        self.scheduled("local.info(repr(call_time), args)", scheduled=1735689600 * SECOND + 999)
        shown = "starting execution with scheduled time 2025-01-01 00:00:00.000000999 UTC"
        self.assertEqual(log.entries[0], ("INFO", shown))
        self.assertEqual(self.logged(), [("INFO", "datetime.datetime(2025, 1, 1, 0, 0) None")])

    def test_requests(self):
        source = "def process_request(local, query, headers, body, args):\n    return [query, headers, len(body)]\n"
        response = self.request(source, [("a", "1"), ("a", "2")], [("x", "y")], b"123")
        self.assertEqual((response.status, response.body), (200, b'[{"a": "2"}, {"x": "y"}, 3]'))
        self.assertEqual(log.entries[0], ("INFO", "starting execution of request plugin."))

    def test_a_single_file_has_no_name_of_its_own(self):
        self.schedule(
            "import __main__\nx = [LineBuilder, __name__, '__file__' in globals()]\nclass C: pass\n"
            "def process_scheduled_call(local, call_time, args):\n    local.info(x[1:], C.__module__)\n"
        )
        self.assertEqual(self.logged(), [("INFO", "['builtins', False] builtins")])

    def test_packages(self):
        self.schedule({
            "meters/__init__.py": "from .deep.er import process_scheduled_call\n",
            "meters/deep/__init__.py": "",
            "meters/deep/er.py": "from .. import other\nfrom meters.other import value\n"
            "def process_scheduled_call(local, call_time, args):\n    local.info(__name__, __file__, value)\n",
            "meters/other.py": "value = 7\n",
        })
        self.assertEqual(self.logged(), [("INFO", "meters.deep.er /plugin/meters/deep/er.py 7")])

    def test_chance_differs_from_run_to_run(self):
        source = "def process_scheduled_call(local, call_time, args): pass\n"
        seen = set()
        for _ in range(3):
            random.seed(1)
            self.schedule(source)
            seen.add(random.random())
        self.assertEqual(len(seen), 3)


class Failures(RunCase):
    def test_traceback_shows_the_plugin_only(self):
        failure = self.failure(self.scheduled, "import json\njson.loads('{')")
        self.assertIsInstance(failure, types.Failure_TryAgain)
        self.assertRegex(failure.value.message, r"^JSONDecodeError: Expecting property name")
        lines = failure.value.traceback.splitlines()
        self.assertEqual(lines[:3], [
            "Traceback (most recent call last):",
            '  File "hello.py", line 3, in process_scheduled_call',
            "    json.loads('{')",
        ])
        self.assertEqual([line for line in lines if ".py" in line], lines[1:2])

    def test_chains(self):
        failure = self.failure(self.scheduled, "try: 1 / 0\nexcept Exception as e: raise KeyError('x') from e")
        self.assertEqual(failure.value.message, "KeyError: 'x'")
        self.assertIn("ZeroDivisionError: division by zero\n\nThe above exception was the direct cause", failure.value.traceback)

    def test_long_chains_and_deep_stacks_are_cut(self):
        body = "error = None\nfor i in range(100):\n    new = ValueError(i); new.__context__ = error; error = new\nraise error"
        self.assertLessEqual(self.failure(self.scheduled, body).value.traceback.count("ValueError"), 9)
        deep = self.failure(self.schedule, "def process_scheduled_call(*args):\n    process_scheduled_call(*args)\n")
        self.assertRegex(deep.value.message, "^RecursionError: maximum recursion depth exceeded")
        self.assertLess(len(deep.value.traceback), 16_000)

    def test_all_of_a_request_is_there_for_those_who_ask(self):
        source = "import tidegate\ndef process_request(*_):\n    whole = tidegate.request()\n    return [whole.query, whole.headers]\n"
        response = self.request(source, [("a", "1"), ("a", "2")], [("x", "y"), ("x", "z")], b"")
        self.assertEqual(response.body, b'[[["a", "1"], ["a", "2"]], [["x", "y"], ["x", "z"]]]')
        asked = self.failure(self.scheduled, "import tidegate\ntidegate.request()").value.message
        self.assertRegex(asked, "^RuntimeError: this run answers no request")

    def test_everything_raised_is_a_failure(self):
        self.assertEqual(self.failure(self.scheduled, "raise SystemExit(3)").value.message, "SystemExit: 3")
        self.assertEqual(self.failure(self.scheduled, "raise KeyboardInterrupt").value.message, "KeyboardInterrupt: ")
        rude = "class Rude(Exception):\n    def __str__(self): raise self\nraise Rude()"
        self.assertRegex(self.failure(self.scheduled, rude).value.message, r"Rude: <exception str\(\) failed>$")
        surrogate = self.failure(self.scheduled, "raise ValueError('\\ud800')")
        self.assertEqual(surrogate.value.message, "ValueError: \\ud800")

    def test_a_plugin_can_ask_not_to_be_tried_again(self):
        failure = self.failure(self.scheduled, "import tidegate\nraise tidegate.Invalid('bad event')")
        self.assertIsInstance(failure, types.Failure_Invalid)
        self.assertEqual(failure.value.message, "Invalid: bad event")
        self.assertIn("tidegate.Invalid: bad event", failure.value.traceback)

    def test_missing_functions(self):
        failure = self.failure(self.schedule, "def process_writes(): pass\n")
        message = (
            "the process_scheduled_call function is not present in the plugin. Should be defined as:"
            " process_scheduled_call(influxdb3_local, call_time, args=None)"
        )
        self.assertEqual(failure, types.Failure_Invalid(types.FailureDetail(message, None)))
        message = self.failure(self.schedule, {"p/__init__.py": ""}).value.message
        start = "Failed to load function 'process_scheduled_call' from plugin module 'p': AttributeError: module 'p' has"
        self.assertEqual(message, f"{start} no attribute 'process_scheduled_call'")

    def test_wrong_arity(self):
        failure = self.failure(self.schedule, "def process_scheduled_call(local, call_time): pass\n")
        message = "TypeError: process_scheduled_call() takes 2 positional arguments but 3 were given"
        self.assertEqual(failure.value, types.FailureDetail(message, None))

    def test_a_package_that_cannot_be_imported(self):
        failure = self.failure(self.load, {"p/__init__.py": "from . import a\n", "p/a.py": "import nothere\n"})
        self.assertEqual(
            failure.value.message,
            "Failed to import plugin module 'p': ModuleNotFoundError: No module named 'nothere'\n"
            "Hint: Check for syntax errors or missing dependencies in Python files.",
        )
        self.assertIn('File "p/a.py", line 1', failure.value.traceback)

    def test_no_response(self):
        source = "def process_request(local, query, headers, body, args): return 5\n"
        failure = self.failure(self.request, source)
        self.assertEqual(failure.value, types.FailureDetail("Unsupported return type from Python function", None))


class Durations(unittest.TestCase):
    def test_durations(self):
        cases = {0: "0s", 9_761_464: "9ms 761us 464ns", SECOND: "1s", 61 * SECOND + 1: "1m 1s 1ns", 3600 * SECOND: "1h"}
        self.assertEqual({n: moments.duration(n) for n in cases}, cases)

    def test_times(self):
        cases = {0: "1970-01-01 00:00:00 UTC", 500_000_000: "1970-01-01 00:00:00.500 UTC",
                 -(2**63): "1677-09-21 00:12:43.145224192 UTC"}  # fmt: skip
        self.assertEqual({n: moments.shown(n) for n in cases}, cases)
