"""What went wrong in a run, as the host reports it."""

import traceback
from collections.abc import Container

from wit_world.imports import types

from runner.errors import Invalid, NeverAgain, RunFailed
from runner.surroundings import PACKAGES
from runner.text import printable

_MOST_CHAINED = 8
_LONGEST_MESSAGE = 8192
_LONGEST_TRACEBACK = 16384
# Of the oldest and of the newest frames each: carets cost 700,000 fuel a frame,
# and a RecursionError has a thousand.
_FRAMES_SHOWN = 16


def failure_of(error: BaseException, plugin_files: Container[str]) -> types.Failure:
    """Returns the failure that `error` stands for."""
    try:
        detail = types.FailureDetail(_message(error), _traceback(error, plugin_files))
    except BaseException as again:
        # The exception is the plugin's own class; anything may be wrong with it.
        detail = types.FailureDetail(f"{type(error).__qualname__} ({type(again).__qualname__} while reading it)", None)
    if isinstance(error, (Invalid, NeverAgain)):
        return types.Failure_Invalid(detail)
    return types.Failure_TryAgain(detail)


def named(error: BaseException) -> str:
    """Returns `Type: text`, the line by which InfluxDB 3 reports an exception."""
    try:
        text = str(error)
    except Exception:
        text = "<exception str() failed>"
    return f"{type(error).__qualname__}: {text}"


def _message(error: BaseException) -> str:
    text = str(error) if isinstance(error, RunFailed) else named(error)
    return printable(text[:_LONGEST_MESSAGE])


def _traceback(error: BaseException, plugin_files: Container[str]) -> str | None:
    if isinstance(error, RunFailed):
        error = error.__cause__
    if error is None:
        return None
    report = traceback.TracebackException(type(error), error, error.__traceback__, lookup_lines=False, compact=True)
    if not _keep_plugin_frames(report, plugin_files):
        return None
    text = printable("".join(report.format()))
    if len(text) > _LONGEST_TRACEBACK:
        half = _LONGEST_TRACEBACK // 2
        text = f"{text[:half]}\n[...]\n{text[-half:]}"
    return text


def _is_plugins(file: str, plugin_files: Container[str]) -> bool:
    return file in plugin_files or file.startswith(f"{PACKAGES}/")


def _keep_plugin_frames(report: traceback.TracebackException, plugin_files: Container[str]) -> bool:
    found = False
    waiting = [(report, 1)]
    while waiting:
        link, depth = waiting.pop()
        if link.stack is not None:
            frames = [frame for frame in link.stack if _is_plugins(frame.filename, plugin_files)]
            if len(frames) > 2 * _FRAMES_SHOWN:
                del frames[_FRAMES_SHOWN:-_FRAMES_SHOWN]
            link.stack[:] = frames
            if frames:
                found = True
            else:
                link.stack = None
        if depth == _MOST_CHAINED:
            link.__cause__ = link.__context__ = None
        waiting += [(other, depth + 1) for other in (link.__cause__, link.__context__) if other is not None]
        waiting += [(member, depth + 1) for member in link.exceptions or ()] if depth < _MOST_CHAINED else []
    return found
