"""The component's exports."""

import os
import random
import sys
from time import perf_counter_ns

from componentize_py_types import Err

from runner import compilation, failure, local, log, moments, output, plugin, request as whole_request, snapshot, surroundings
from runner.local import LOCAL
from runner.response import response_of
from runner.rows import table_batches


class Source:
    """Turns source files into the plugin of this instance."""

    def compile(self, files, packages):
        try:
            return compilation.compiled(files, packages)
        except compilation.Rejected as rejected:
            diagnostics = rejected.diagnostics
        raise Err(diagnostics)

    def compile_packages(self, modules):
        return compilation.compiled_packages(modules)

    def load(self, code, environment):
        return _reporting(_load, code, environment)


class OnWrite:
    """Hands written rows to the plugin."""

    def handle(self, batches, arguments):
        return _reporting(_handle_write, batches, arguments)


class OnSchedule:
    """Calls the plugin when it is time."""

    def handle(self, scheduled, arguments):
        return _reporting(_handle_schedule, scheduled, arguments)


class OnRequest:
    """Lets the plugin answer a request."""

    def handle(self, request, arguments):
        return _reporting(_handle_request, request, arguments)


def _load(code, environment):
    surroundings.enter(environment)
    # The snapshot holds one state of the generator for all instances.
    random.seed(int.from_bytes(os.urandom(16), "little"))
    plugin.load(code)


def _handle_write(batches, arguments):
    started = _begin("starting execution of wal plugin.")
    process = plugin.entry_point("process_writes")
    process(LOCAL, table_batches(batches), _arguments(arguments))
    _finish(started)


def _handle_schedule(scheduled, arguments):
    started = _begin(f"starting execution with scheduled time {moments.shown(scheduled)}")
    process = plugin.entry_point("process_scheduled_call")
    process(LOCAL, moments.call_time(scheduled), _arguments(arguments))
    _finish(started)


def _handle_request(request, arguments):
    started = _begin("starting execution of request plugin.", request)
    process = plugin.entry_point("process_request")
    result = process(LOCAL, dict(request.query), dict(request.headers), request.body, _arguments(arguments))
    response = response_of(result)
    _finish(started)
    return response


def _begin(message: str, request=None) -> int:
    local.begin()
    whole_request.begin(request)
    log.send(log.INFO, message)
    return perf_counter_ns()


def _finish(started: int) -> None:
    local.finish()
    output.end_lines()
    log.send(log.INFO, f"finished execution in {moments.duration(perf_counter_ns() - started)}")


def _arguments(arguments):
    return None if arguments is None else dict(arguments)


def _reporting(body, *arguments):
    # An exception that leaves an export is a crash of the runner: the owner
    # would see a trap instead of a traceback.
    try:
        return body(*arguments)
    except BaseException as error:
        reported = failure.failure_of(error, plugin.files())
    output.end_lines()
    raise Err(reported)


if sys.platform == "wasi":
    snapshot.prepare()
