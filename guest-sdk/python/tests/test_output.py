import logging
import unittest

from runner import log, logging_bridge
from runner.output import LogStream
from wit_world.imports import log as host


class Output(unittest.TestCase):
    def setUp(self):
        host.entries.clear()

    def test_lines_become_messages(self):
        stream = LogStream(log.INFO)
        print("a\nb", "c", file=stream)
        print("open", end="", file=stream, flush=True)
        self.assertEqual(host.entries, [("INFO", "a"), ("INFO", "b c")])
        stream.end_line()
        stream.end_line()
        self.assertEqual(host.entries[2:], [("INFO", "open")])

    def test_a_line_without_end(self):
        stream = LogStream(log.WARN)
        for _ in range(3):
            stream.write("x" * 5000)
        self.assertEqual([len(message) for _, message in host.entries], [10000])

    def test_only_text(self):
        self.assertRaises(TypeError, LogStream(log.INFO).write, b"x")

    def test_levels_of_logging(self):
        logger = logging.Logger("x")
        logger.addHandler(logging_bridge.HostHandler())
        for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
            logger.log(level, "m %s", 1)
        self.assertEqual([level for level, _ in host.entries], ["DEBUG", "INFO", "WARN", "ERROR", "ERROR"])
        self.assertEqual(host.entries[0][1], "m 1")

    def test_basic_config_of_a_plugin_is_heard(self):
        root, handler = logging.getLogger(), logging_bridge.HostHandler()
        before = root.level
        self.addCleanup(root.setLevel, before)
        logging_bridge._basic_config(handler, None)(level=logging.DEBUG, format="%(levelname)s %(message)s")
        self.assertEqual(root.level, logging.DEBUG)
        handler.handle(logging.LogRecord("x", logging.INFO, "", 1, "m", (), None))
        self.assertEqual(host.entries, [("INFO", "INFO m")])
