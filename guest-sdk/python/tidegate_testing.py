"""What the tests of a plugin need: its file run natively, as the engine would, over a database of a few dicts.

    engine = Engine("threshold_checks.py")
    engine.written("cpu,host=a usage=95.5 1", checks="usage>=90@ERROR")
    assert engine.logged("ERROR") == ["cpu: usage of host=a is 95.5 (usage>=90 breached)"]

The columns of one table (`information_schema.columns`, parameter `table`) are known; `engine.answer` takes all other
statements.
"""

import builtins
import json
import pickle
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from runner.line_builder import LineBuilder

builtins.LineBuilder = LineBuilder

TAG = "Dictionary(Int32, Utf8)"
# Where nobody listens.
UNREACHABLE = "http://127.0.0.1:9/hook"

_LINE = re.compile(r'([^, ]+)((?:,[^ ,=]+=[^ ,]+)*) ((?:[^ ,=]+=(?:"[^"]*"|[^ ,"]+),?)+) (-?\d+)')
_FIELD = re.compile(r'([^,=]+)=("[^"]*"|[^,"]+)')


class Engine:
    """Runs one plugin. What a run writes and remembers is kept only if it succeeds."""

    def __init__(self, file):
        self._code = compile(Path(file).read_text(encoding="utf-8"), str(file), "exec")
        self.tables = {}  # types of columns by their name, by table
        self.lines = []  # what the plugin has written
        self.log = []  # `LEVEL text`
        self.queries = []  # all other statements, with their parameters
        self.answer = lambda sql, parameters: []
        self._cache = {}

    def written(self, lines, **arguments):
        """Calls `process_writes` with rows given as line protocol without escapes."""
        batches = self._batches(lines)
        self._run("process_writes", [{"table_name": name, "rows": rows} for name, rows in batches.items()], arguments)

    def scheduled(self, call_time, **arguments):
        """Calls `process_scheduled_call`."""
        self._run("process_scheduled_call", call_time, arguments)

    def requested(self, query_parameters, **arguments):
        """Calls `process_request` and returns its response."""
        return self._run("process_request", query_parameters, {}, b"", arguments)

    def restart(self):
        """Forgets what the plugin remembers, as the end of a server does."""
        self._cache.clear()

    def logged(self, level):
        """Returns what was logged at a level, without the task's identity."""
        found = [text.removeprefix(f"{level} ") for text in self.log if text.startswith(f"{level} ")]
        return [re.sub(r"^\[[0-9a-f]{8}\] ", "", text) for text in found]

    def _run(self, entry_point, *event):
        local = _Local(self, dict(self._cache))
        # Anew for each run: a plugin's globals do not outlive it.
        namespace = {}
        exec(self._code, namespace)
        result = namespace[entry_point](local, *event[:-1], event[-1] or None)
        self.lines += local.staged
        self._cache = local.cache.entries
        return result

    def _batches(self, text):
        batches = {}
        for line in filter(None, text.splitlines()):
            table, tags, fields, time = _LINE.fullmatch(line).groups()
            columns = self.tables.setdefault(table, {"time": "Timestamp(ns)"})
            row = dict(tag.split("=") for tag in tags.split(",")[1:])
            columns.update(dict.fromkeys(row, TAG))
            for name, literal in _FIELD.findall(fields):
                columns[name], row[name] = _typed(literal)
            batches.setdefault(table, []).append({**row, "time": int(time)})
        return batches


class _Local:
    """`influxdb3_local`."""

    def __init__(self, engine, entries):
        self._engine = engine
        self.staged = []
        self.cache = _Cache(entries)

    def info(self, *args):
        self._log("INFO", args)

    def warn(self, *args):
        self._log("WARN", args)

    def error(self, *args):
        self._log("ERROR", args)

    def write(self, line_builder):
        self.staged.append(line_builder.build())

    def query(self, query, args=None, database=None):
        if "information_schema.columns" in query and args:
            columns = self._engine.tables.get(args["table"], {})
            return [{"column_name": name, "data_type": data_type} for name, data_type in columns.items()]
        self._engine.queries.append((query, args))
        return self._engine.answer(query, args)

    def _log(self, level, args):
        self._engine.log.append(f"{level} {' '.join(map(str, args))}")


class _Cache:
    """A cache as strict as can be: values are pickled, so changing one without `put` changes nothing."""

    def __init__(self, entries):
        self.entries = entries

    def put(self, key, value, ttl=None, use_global=None):
        self.entries[bool(use_global), key] = pickle.dumps(value)

    def get(self, key, default=None, use_global=None):
        entry = self.entries.get((bool(use_global), key))
        return default if entry is None else pickle.loads(entry)

    def delete(self, key, use_global=None):
        return self.entries.pop((bool(use_global), key), None) is not None


def _typed(literal):
    if literal.startswith('"'):
        return "Utf8", literal[1:-1]
    if literal in ("t", "true", "f", "false"):
        return "Boolean", literal.startswith("t")
    if literal[-1] in "iu":
        return ("Int64" if literal.endswith("i") else "UInt64"), int(literal[:-1])
    return "Float64", float(literal)


class Webhook:
    """A server on loopback that keeps what is posted to it. For `with`."""

    def __init__(self, status=204):
        self.posted = []  # bodies as objects
        posted = self.posted

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *args):
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exception):
        self._server.shutdown()
        self._server.server_close()
