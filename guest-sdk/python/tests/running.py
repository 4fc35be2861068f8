"""Runs source files as the component's exports would, and collects what the host sees."""

from unittest import TestCase

from componentize_py_types import Err
from runner import app, plugin_names
from wit_world.exports.on_request import Request
from wit_world.exports.source import File
from wit_world.imports import cache, log, query, write


class RunCase(TestCase):
    """A test with a host that has seen nothing yet."""

    def setUp(self):
        plugin_names.install()
        for seen in (log.entries, query.opened, query.pieces, query.described, write.staged, write.written, cache.entries, cache.ttls):
            seen.clear()
        query.refusal = write.refusal = None

    def load(self, files):
        if isinstance(files, str):
            files = {"hello.py": files}
        compiled = app.Source().compile([File(path, source.encode()) for path, source in files.items()], [])
        app.Source().load(compiled.code, [])

    def schedule(self, files, scheduled=0, arguments=None):
        self.load(files)
        app.OnSchedule().handle(scheduled, arguments)

    def scheduled(self, body, **more):
        """Runs `body` as the function's body."""
        lines = "\n    ".join(body.strip().splitlines())
        self.schedule(f"def process_scheduled_call(local, call_time, args):\n    {lines}\n", **more)

    def request(self, source, query=(), headers=(), body=b""):
        self.load(source)
        return app.OnRequest().handle(Request("GET", "x", list(query), list(headers), body), None)

    def failure(self, call, *arguments, **more):
        with self.assertRaises(Err) as caught:
            call(*arguments, **more)
        return caught.exception.value

    def logged(self):
        """What the plugin logged, without the lines that frame every run."""
        return [entry for entry in log.entries if not entry[1].startswith(("starting exec", "finished exec"))]
